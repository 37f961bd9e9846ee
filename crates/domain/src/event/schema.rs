//! The contract as JSON Schemas (draft 2020-12), one for each kind and one for a line of an export.
//!
//! Written from the types and the table of rules alone; a schema is never edited by hand. Statuses,
//! error codes and keys of payloads stay open, so that a reader of today understands a service that
//! has learnt new ones.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::EventKind;
use super::contract::{
    ArtifactPayload, Event, GatePayload, RULES, Rule, ToolPayload, TransitionPayload, When,
};
use super::text::{HashText, UuidText};

/// A schema and the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Name of the file.
    pub file: String,
    /// The schema.
    pub schema: Value,
}

/// Every schema of the contract.
#[must_use]
pub fn all() -> Vec<Named> {
    let kinds = EventKind::ALL.map(|kind| Named {
        file: format!("{}.schema.json", kind.as_str()),
        schema: of_kind(kind),
    });
    let export = Named { file: "audit_export.schema.json".to_owned(), schema: export_line() };
    kinds.into_iter().chain([export]).collect()
}

/// The schema of one kind.
#[must_use]
pub fn of_kind(kind: EventKind) -> Value {
    let mut schema = match kind {
        EventKind::ToolInvocation => typed::<Event<ToolPayload>>(),
        EventKind::ArtifactGenerated => typed::<Event<ArtifactPayload>>(),
        EventKind::WorkflowStateTransition => typed::<Event<TransitionPayload>>(),
        EventKind::SecurityGateDecision => typed::<Event<GatePayload>>(),
    };
    let rules: Vec<Value> =
        RULES.iter().filter(|rule| rule.kind == kind).flat_map(conditions).collect();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), json!(kind.as_str()));
        object.insert(
            "description".to_owned(),
            json!("Written by `autopilot contracts`; never edited by hand."),
        );
        object.insert("allOf".to_owned(), Value::Array(rules));
        if let Some(field) = object.get_mut("properties").and_then(|all| all.get_mut("kind")) {
            *field = json!({"const": kind.as_str()});
        }
        object.remove("$defs");
    }
    schema
}

/// The schema of a type with every field named, since the contract leaves none out.
fn typed<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema: Schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value()
}

/// A rule as conditions of a schema.
fn conditions(rule: &Rule) -> Vec<Value> {
    let present = rule.present.iter().map(|field| needs(field));
    let absent = rule.absent.iter().map(|field| lacks(field));
    let status = match rule.when {
        When::Always => return present.chain(absent).collect(),
        When::Begins(start) => json!({"pattern": format!("^{start}")}),
        When::Ends(end) => json!({"pattern": format!("{end}$")}),
        When::Is(one) => json!({"const": one}),
    };
    present
        .chain(absent)
        .map(|then| json!({"if": {"properties": {"status": status}}, "then": then}))
        .collect()
}

fn needs(field: &str) -> Value {
    let some = json!({"not": {"type": "null"}});
    match field.split_once('.') {
        Some((outer, inner)) => json!({"properties": {outer:
            {"type": "object", "required": [inner], "properties": {inner: some}}}}),
        None => json!({"required": [field], "properties": {field: some}}),
    }
}

fn lacks(field: &str) -> Value {
    let none = json!({"type": "null"});
    match field.split_once('.') {
        Some((outer, inner)) => json!({"properties": {outer: {"properties": {inner: none}}}}),
        None => json!({"properties": {field: none}}),
    }
}

/// A line of an export: where it begins, an event with its link, or where it ends.
fn export_line() -> Value {
    let hash = || typed_inline::<HashText>();
    let position = || json!({"type": "integer", "minimum": 0});
    let kinds: Vec<Value> = EventKind::ALL.into_iter().map(stripped).chain([forgotten()]).collect();
    let begin = object(vec![
        ("type", json!({"const": "begin"})),
        ("contract", json!({"const": super::contract::VERSION})),
        ("org_id", typed_inline::<UuidText>()),
        ("pos", position()),
        ("hash", hash()),
    ]);
    let event = object(vec![
        ("type", json!({"const": "event"})),
        ("pos", json!({"type": "integer", "minimum": 1})),
        ("hash", hash()),
        ("payload_hash", hash()),
        ("salt", json!({"type": ["string", "null"], "pattern": "^([0-9a-f]{2})+$"})),
        ("event", json!({"anyOf": kinds})),
    ]);
    let end = object(vec![
        ("type", json!({"const": "end"})),
        ("pos", position()),
        ("hash", hash()),
        ("events", position()),
    ]);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "audit_export",
        "description": "A line of `autopilot audit export`. Written by `autopilot contracts`; never edited by hand.",
        "oneOf": [begin, event, end],
    })
}

/// A kind's schema as a part of another.
fn stripped(kind: EventKind) -> Value {
    let mut schema = of_kind(kind);
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        object.remove("description");
    }
    schema
}

/// An event whose payload was forgotten with its salt: every field is there, whatever its kind needs.
fn forgotten() -> Value {
    let mut schema = stripped(EventKind::WorkflowStateTransition);
    if let Some(object) = schema.as_object_mut() {
        object.remove("allOf");
        object.insert("title".to_owned(), json!("forgotten"));
        let fields = object.get_mut("properties").and_then(Value::as_object_mut);
        if let Some(fields) = fields {
            let kinds = EventKind::ALL.map(EventKind::as_str);
            fields.insert("kind".to_owned(), json!({"enum": kinds}));
            fields.insert("payload".to_owned(), json!({"type": "null"}));
        }
    }
    schema
}

fn typed_inline<T: JsonSchema>() -> Value {
    let mut schema = typed::<T>();
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        object.remove("title");
    }
    schema
}

/// An object that has these fields and no other.
fn object(fields: Vec<(&str, Value)>) -> Value {
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let required = json!(required);
    let properties: Map<String, Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}
