//! Numbers a state gives to a person, by country.
//!
//! Decides which country's scheme explains a column best. Most schemes carry check digits, and those
//! without one count with the name's support only. A new country is one row of the table and one
//! function; a number of a company is none of ours.

mod dated;
mod numeric;

/// How far a value fits a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// Another form.
    No,
    /// The form, without or with wrong check digits.
    Form,
    /// Form, check digits and dates all fit.
    Valid,
}

/// The value with everything but letters and digits taken out, and as it was written.
struct Text<'a> {
    written: &'a str,
    compact: String,
    digits: Vec<u32>,
}

impl<'a> Text<'a> {
    fn new(written: &'a str) -> Option<Self> {
        if !(7..=30).contains(&written.len()) || !written.is_ascii() {
            return None;
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || " .-/+".contains(c);
        if !written.chars().all(plain) {
            return None;
        }
        let compact: String = written
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let digits = super::checksum::digits(&compact).unwrap_or_default();
        Some(Self { written, compact, digits })
    }

    /// The letter or digit at a place.
    fn at(&self, place: usize) -> Option<u8> {
        self.compact.as_bytes().get(place).copied()
    }

    /// The digits, if the value holds exactly so many and nothing else.
    fn number(&self, length: usize) -> Option<&[u32]> {
        (self.digits.len() == length).then_some(&self.digits)
    }

    /// Letters, digits and anything by pattern: `A` a letter, `9` a digit, `*` either.
    fn has_form(&self, pattern: &str) -> bool {
        self.compact.len() == pattern.len()
            && self.compact.bytes().zip(pattern.bytes()).all(|(c, sign)| match sign {
                b'A' => c.is_ascii_uppercase(),
                b'9' => c.is_ascii_digit(),
                _ => true,
            })
    }

    /// Whether separators stand as in the pattern, `9` for a digit.
    fn written_as(&self, pattern: &str) -> bool {
        self.written.len() == pattern.len()
            && self
                .written
                .bytes()
                .zip(pattern.bytes())
                .all(|(c, sign)| if sign == b'9' { c.is_ascii_alphanumeric() } else { c == sign })
    }
}

/// One kind of number.
struct Scheme {
    /// What the reason sentence calls it.
    title: &'static str,
    /// Words that name this scheme and no other.
    words: &'static [&'static str],
    /// Form and check are so narrow that other numbers do not pass in numbers.
    telling: bool,
    fit: fn(&Text<'_>) -> Fit,
}

const fn scheme(
    title: &'static str,
    words: &'static [&'static str],
    telling: bool,
    fit: fn(&Text<'_>) -> Fit,
) -> Scheme {
    Scheme { title, words, telling, fit }
}

static SCHEMES: &[Scheme] = &[
    scheme("Brazilian CPF", &["cpf", "cadastro pessoa"], true, numeric::cpf),
    scheme("Spanish DNI", &["dni", "nif"], true, numeric::dni),
    scheme("Spanish NIE", &["nie"], true, numeric::nie),
    scheme("Italian codice fiscale", CODICE, true, dated::codice_fiscale),
    scheme("Polish PESEL", &["pesel"], true, dated::pesel),
    scheme("Dutch BSN", &["bsn", "burgerservicenummer", "sofinummer"], false, numeric::bsn),
    scheme("Swedish personnummer", SWEDISH, true, dated::personnummer),
    scheme(
        "Indian Aadhaar",
        &["aadhaar", "aadhar", "adhaar", "adhar", "uidai"],
        true,
        numeric::aadhaar,
    ),
    scheme("Indian PAN", &["pan", "pan card", "pan no", "pan number"], false, numeric::indian_pan),
    scheme("French NIR", FRENCH, true, dated::nir),
    scheme("British NINO", BRITISH, false, numeric::nino),
    scheme("British NHS number", &["nhs number", "nhs no", "nhs"], false, numeric::nhs),
    scheme("German tax id", GERMAN_TAX, true, numeric::steuer_id),
    scheme("German pension number", GERMAN_PENSION, true, dated::rvnr),
    scheme("Swiss AHV", &["ahv", "ahvnr"], true, numeric::ahv),
    scheme(
        "Belgian national number",
        &["rijksregisternummer", "niss", "insz"],
        true,
        dated::belgian,
    ),
    scheme("Finnish HETU", &["hetu", "henkilotunnus"], true, dated::hetu),
    scheme("Danish CPR", &["cpr"], false, dated::cpr),
    scheme("Norwegian birth number", &["fodselsnummer", "foedselsnummer"], true, dated::norwegian),
    scheme("Portuguese NIF", &["nif"], false, numeric::portuguese_nif),
    scheme("Romanian CNP", &["cnp"], true, dated::cnp),
    scheme("Bulgarian EGN", &["egn"], true, dated::egn),
    scheme("Czech birth number", &["rodne cislo"], true, dated::rodne_cislo),
    scheme("Turkish identity number", &["tckn", "tc kimlik", "kimlik no"], true, numeric::tckn),
    scheme("Chinese resident number", &["身份证", "身份证号", "resident id"], true, dated::chinese),
    scheme("Korean resident number", &["rrn", "주민등록번호"], true, dated::korean),
    scheme("Japanese My Number", JAPANESE, false, numeric::my_number),
    scheme("Canadian SIN", &["sin", "social insurance"], false, numeric::sin),
    scheme("Australian TFN", &["tfn", "tax file number"], false, numeric::tfn),
    scheme("South African id", &["rsa id"], true, dated::south_african),
    scheme("Mexican CURP", &["curp"], true, dated::curp),
    scheme("Chilean RUT", &["rut"], false, numeric::rut),
    scheme("Argentine CUIL", &["cuil", "cuit"], false, numeric::cuil),
    scheme("Singapore NRIC", &["nric", "fin number"], true, numeric::nric),
    scheme("Irish PPS number", &["ppsn", "pps number"], true, numeric::pps),
];

static CODICE: &[&str] =
    &["codice fiscale", "codicefiscale", "cod fiscale", "cod fisc", "codfisc", "cf"];
static SWEDISH: &[&str] =
    &["personnummer", "personnr", "person nr", "pnr", "samordningsnummer", "personal identity"];
static FRENCH: &[&str] =
    &["nir", "insee", "num secu", "numero secu", "securite sociale", "secu", "nss"];
static BRITISH: &[&str] = &["nino", "ni number", "ni no", "national insurance"];
static GERMAN_TAX: &[&str] = &[
    "steuer id",
    "steuerid",
    "steueridentifikationsnummer",
    "steuer identifikationsnummer",
    "idnr",
];
static GERMAN_PENSION: &[&str] = &[
    "rvnr",
    "svnr",
    "sozialversicherungsnummer",
    "rentenversicherungsnummer",
    "sv nummer",
    "sozialversicherung",
];
static JAPANESE: &[&str] =
    &["my number", "mynumber", "mai nanba", "kojin bango", "個人番号", "マイナンバー"];

/// Counts per scheme, in the table's order.
#[derive(Default)]
pub(super) struct SchemeCounts {
    counts: Vec<(usize, usize)>,
    /// Values some telling scheme holds valid: a column may mix citizens and residents.
    pub(super) mixed: usize,
}

/// The scheme that explains a column best.
pub(super) struct Best {
    /// What it is called.
    pub(super) title: &'static str,
    /// Values that pass the whole check.
    pub(super) valid: usize,
    /// Values that have the form, valid ones included.
    pub(super) form: usize,
    /// Other numbers do not pass this check in numbers.
    pub(super) telling: bool,
    /// The column's name names this scheme.
    pub(super) named: bool,
}

impl SchemeCounts {
    /// Counts one value; tells whether any telling scheme holds it valid.
    pub(super) fn add(&mut self, value: &str) -> bool {
        let Some(text) = Text::new(value) else { return false };
        self.counts.resize(SCHEMES.len(), (0, 0));
        let mut any = false;
        for (scheme, (valid, form)) in SCHEMES.iter().zip(&mut self.counts) {
            match (scheme.fit)(&text) {
                Fit::No => {}
                Fit::Form => *form += 1,
                Fit::Valid => {
                    *form += 1;
                    *valid += 1;
                    any |= scheme.telling;
                }
            }
        }
        self.mixed += usize::from(any);
        any
    }

    /// The best scheme: one the name names before others, then the most valid values.
    pub(super) fn best(&self, names: impl Fn(&[&str]) -> bool) -> Option<Best> {
        let rows = SCHEMES.iter().zip(&self.counts).map(|(scheme, &(valid, form))| Best {
            title: scheme.title,
            valid,
            form,
            telling: scheme.telling,
            named: names(scheme.words),
        });
        let rank = |best: &Best| (best.valid, best.named, best.form, best.telling);
        rows.filter(|row| row.form > 0).max_by(|a, b| {
            let fits = |row: &Best| row.named && row.form * 10 >= self.most_form() * 6;
            (fits(a), rank(a)).cmp(&(fits(b), rank(b)))
        })
    }

    fn most_form(&self) -> usize {
        self.counts.iter().map(|(_, form)| *form).max().unwrap_or(0)
    }
}

/// Letters and digits with at least four digits, as documents' numbers are written.
pub(super) fn is_number_like(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_alphanumeric() || " .-/".contains(c);
    (4..=34).contains(&value.len()) && digits >= 4 && value.chars().all(plain)
}

#[cfg(test)]
mod tests;
