//! BigQuery's REST v2 over the engine: paths, jobs, tables, accounts, and the admin address.
//!
//! Decides who may call what and in which shape it is answered. SQL is the engine's business; a call
//! that is not listed here is refused by name.

mod admin;
mod answer;
mod body;
mod clock;
mod datasets;
mod definition;
mod destination;
mod job_calls;
mod jobs;
mod log;
mod pages;
mod query;
mod resource;
mod spec;
mod start;
mod tables;
mod world;
mod write;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::wire::error::ApiError;

pub(crate) use crate::bigquery::session::Prepared;
pub(crate) use jobs::Jobs;
pub(crate) use log::Log;
pub(crate) use world::World;
pub(crate) use write::Streams;

/// Every address.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/token", web::post().to(admin::token))
        .route("/admin/requests", web::get().to(admin::requests))
        .route("/admin/drills", web::get().to(admin::drills))
        .route("/admin/drills", web::post().to(admin::set_drills))
        .route("/admin/drills", web::delete().to(admin::clear_drills))
        .route("/admin/latency", web::post().to(admin::latency))
        .route("/admin/accounts", web::post().to(admin::accounts))
        .route("/admin/sql", web::post().to(admin::sql))
        .service(web::scope("/bigquery/v2/projects/{project}").configure(project))
        .default_service(web::to(unknown));
}

fn project(config: &mut web::ServiceConfig) {
    const TABLE: &str = "/datasets/{dataset}/tables/{table}";
    config
        .route("/queries", web::post().to(query::query))
        .route("/queries/{job}", web::get().to(job_calls::results))
        .route("/jobs", web::post().to(query::insert))
        .route("/jobs", web::get().to(job_calls::list))
        .route("/jobs/{job}", web::get().to(job_calls::get))
        .route("/jobs/{job}/cancel", web::post().to(job_calls::cancel))
        .route("/jobs/{job}/delete", web::delete().to(job_calls::delete))
        .route("/datasets", web::get().to(datasets::list))
        .route("/datasets", web::post().to(datasets::insert))
        .route("/datasets/{dataset}", web::get().to(datasets::get))
        .route("/datasets/{dataset}", web::delete().to(datasets::delete))
        .route("/datasets/{dataset}/tables", web::get().to(datasets::tables))
        .route("/datasets/{dataset}/tables", web::post().to(tables::insert))
        .route(TABLE, web::get().to(tables::get))
        .route(TABLE, web::delete().to(tables::delete))
        .route(&format!("{TABLE}/data"), web::get().to(tables::data))
        .route(&format!("{TABLE}/insertAll"), web::post().to(tables::insert_all));
}

async fn unknown(request: HttpRequest) -> HttpResponse {
    let call = format!("The call {} {}", request.method(), request.path());
    answer::refuse(&ApiError::unsupported(call))
}
