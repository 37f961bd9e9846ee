//! Running the simulator alone: says what it is and where, writes what a client needs, and waits.
//! It decides nothing about queries; the parent process decides how long it lives.

mod info;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;

use crate::bar::Bar;
use crate::data::{CompanyOptions, CompanySize as Size, Source};
use crate::options::{SandboxOptions, StartError};
use crate::running::start;

/// How to run the simulator alone.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// What it holds: `company` (a made-up shop), `hostile` (the same with instructions hidden in
    /// names and values), `cdnow` (real purchases), or a folder of CSV and Parquet files.
    #[arg(long, value_name = "WHAT", default_value = "company")]
    pub data: String,
    /// How large the company is.
    #[arg(long, value_enum, default_value_t = CompanySize::Small)]
    pub size: CompanySize,
    /// Another seed is another company.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// The company's last complete day; yesterday (UTC) when not given.
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<Date>,
    /// The company's time zone; New York or Berlin when not given.
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Where to write what is true about the company, as JSON.
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    /// Project that clients name.
    #[arg(long, default_value = "autopilot-sandbox")]
    pub project: String,
    /// Data set that holds the tables.
    #[arg(long, default_value = "shop")]
    pub dataset: String,
    /// Port on 127.0.0.1; a free one when 0.
    #[arg(long, default_value_t = 9050)]
    pub port: u16,
    /// Where to write address and key as JSON once it answers.
    #[arg(long, value_name = "FILE")]
    pub info_file: Option<PathBuf>,
    /// A TOML schedule of failures.
    #[arg(long, value_name = "FILE")]
    pub drills: Option<PathBuf>,
    /// How long every query takes at least, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency_ms: u64,
    /// End when standard input closes, so that no simulator outlives its parent.
    #[arg(long)]
    pub die_with_stdin: bool,
}

/// Sizes of the made-up company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CompanySize {
    /// 280 days, about 60 thousand events.
    Small,
    /// 400 days, about 300 thousand events.
    Medium,
    /// 400 days, over a million events.
    Large,
}

impl Args {
    fn options(&self) -> Result<SandboxOptions, StartError> {
        Ok(SandboxOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], self.port)),
            data: self.source()?,
            project: self.project.clone(),
            dataset: self.dataset.clone(),
            latency: Duration::from_millis(self.latency_ms),
            drills: self.drills.clone(),
            truth: self.truth.clone(),
        })
    }

    fn source(&self) -> Result<Source, StartError> {
        let hostile = match self.data.as_str() {
            "cdnow" => return Ok(Source::Cdnow),
            "company" => false,
            "hostile" => true,
            folder if std::path::Path::new(folder).is_dir() => {
                return Ok(Source::Folder(PathBuf::from(folder)));
            }
            other => return Err(StartError::NoSuchData(other.to_owned())),
        };
        Ok(Source::Company(CompanyOptions {
            seed: self.seed,
            size: match self.size {
                CompanySize::Small => Size::Small,
                CompanySize::Medium => Size::Medium,
                CompanySize::Large => Size::Large,
            },
            as_of: self.as_of.map_or_else(yesterday, Ok)?,
            zone: self.timezone.clone(),
            hostile,
        }))
    }
}

/// The last day that is complete everywhere but west of Greenwich.
#[expect(clippy::disallowed_methods, reason = "the default of a command follows the calendar")]
fn yesterday() -> Result<Date, StartError> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today.yesterday().map_err(|_| StartError::Engine("the calendar begins today".to_owned()))
}

/// Runs until SIGTERM, Ctrl-C or, if so asked, the end of standard input.
///
/// # Errors
/// When it cannot start, or the info file cannot be written.
#[expect(clippy::print_stdout, reason = "a command says where it answers")]
pub async fn run(args: Args) -> Result<(), StartError> {
    let options = args.options()?;
    let loading = tokio::task::spawn_blocking(move || {
        let bar = Bar::new();
        start(options, |step| bar.show(&step))
    });
    let running = loading
        .await
        .map_err(|_| StartError::Engine("loading ended unexpectedly".to_owned()))??;
    println!("warehouse simulator (not BigQuery) at {}", running.base_url());
    println!("project {}  data set {}  location US", running.project(), running.dataset());
    match &args.info_file {
        Some(path) => {
            let key = info::write(&running, path)?;
            println!("settings for a client: {}", path.display());
            println!("service-account key:   {}", key.display());
            println!(
                "Python: bigquery.Client(project={:?}, credentials=service_account.Credentials.from_service_account_file({:?}), client_options={{\"api_endpoint\": {:?}}})",
                running.project(),
                key,
                running.base_url()
            );
        }
        None => println!("--info-file FILE writes the key and the settings that a client needs"),
    }
    wait(args.die_with_stdin).await;
    Ok(())
}

async fn wait(die_with_stdin: bool) {
    use tokio::io::AsyncReadExt as _;
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            terminate.recv().await;
        }
    };
    let parent_gone = async {
        if die_with_stdin {
            let mut rest = Vec::new();
            let _end = tokio::io::stdin().read_to_end(&mut rest).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _interrupted = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = parent_gone => {}
    }
}
