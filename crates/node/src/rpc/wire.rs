//! JSON-RPC as CometBFT speaks it: requests in bodies and in URIs, parameters by name or by place, answers and errors.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    pub code: i32,
    pub message: &'static str,
    pub data: String,
}

impl RpcError {
    pub fn parse(data: impl ToString) -> Self {
        Self { code: -32700, message: "Parse error. Invalid JSON", data: data.to_string() }
    }

    pub fn invalid_request(data: impl ToString) -> Self {
        Self { code: -32600, message: "Invalid Request", data: data.to_string() }
    }

    pub fn method_not_found() -> Self {
        Self { code: -32601, message: "Method not found", data: String::new() }
    }

    pub fn invalid_params(data: impl ToString) -> Self {
        let data = format!("error converting json params to arguments: {}", data.to_string());
        Self { code: -32602, message: "Invalid params", data }
    }

    pub fn internal(data: impl ToString) -> Self {
        Self { code: -32603, message: "Internal error", data: data.to_string() }
    }

    pub fn server(data: impl ToString) -> Self {
        Self { code: -32000, message: "Server error", data: data.to_string() }
    }
}

/// What a call leads to.
pub type Outcome = Result<Value, RpcError>;

/// The answer to the request `id`, which keeps its type. Who could not be understood has no id.
pub fn response(id: &Value, outcome: Outcome) -> Value {
    match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(RpcError { code, message, data }) => {
            let error = if data.is_empty() {
                json!({ "code": code, "message": message })
            } else {
                json!({ "code": code, "message": message, "data": data })
            };
            if id.is_null() {
                return json!({ "jsonrpc": "2.0", "error": error });
            }
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}

/// A call with its parameters.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: Value,
    pub method: String,
    pub params: Value,
}

impl Request {
    /// `None` for a notification, which gets no answer.
    ///
    /// # Errors
    /// The request is no object, or its id is neither text nor number.
    pub fn read(value: &Value) -> Result<Option<Self>, RpcError> {
        let fields =
            value.as_object().ok_or_else(|| RpcError::parse("error unmarshaling request: it is not an object"))?;
        let id = match fields.get("id") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(n)) => {
                n.as_i64().map_or_else(|| n.as_f64().map_or(Value::Null, |f| json!(f as i64)), Value::from)
            }
            Some(text @ Value::String(_)) => text.clone(),
            Some(other) => return Err(RpcError::parse(format!("json-rpc ID ({other}) is of unknown type"))),
        };
        let method = fields.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Some(Self { id, method, params: fields.get("params").cloned().unwrap_or_default() }))
    }
}

/// One argument, from JSON or from a URI.
#[derive(Debug, Clone)]
enum Argument {
    Json(Value),
    Uri(String),
}

/// The arguments of a call by name.
#[derive(Debug, Clone, Default)]
pub struct Params(BTreeMap<String, Argument>);

impl Params {
    /// From the `params` of a request: an object, a list in the order of `names`, or nothing.
    ///
    /// # Errors
    /// A list of another length, or neither object nor list.
    pub fn from_json(params: Value, names: &[&str]) -> Result<Self, RpcError> {
        let pairs: Vec<(String, Value)> = match params {
            Value::Null => Vec::new(),
            Value::Object(fields) => fields.into_iter().collect(),
            Value::Array(list) if list.len() == names.len() => {
                names.iter().map(|name| (*name).to_owned()).zip(list).collect()
            }
            Value::Array(list) => {
                let (wanted, found) = (names.len(), list.len());
                return Err(RpcError::invalid_params(format!("expected {wanted} parameters ({names:?}), got {found}")));
            }
            _ => return Err(RpcError::invalid_params("unknown type for JSON params. Expected map or array")),
        };
        Ok(Self(pairs.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, Argument::Json(v))).collect()))
    }

    /// From the query of a URI; empty values count as absent.
    pub fn from_query(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k, Argument::Uri(v))).collect())
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Result<Option<i64>, RpcError> {
        let wrong = |v: &dyn std::fmt::Display| RpcError::invalid_params(format!("{name}: {v} is not a whole number"));
        match self.0.get(name) {
            None => Ok(None),
            Some(Argument::Json(Value::Number(n))) => n.as_i64().map(Some).ok_or_else(|| wrong(n)),
            Some(Argument::Json(Value::String(text))) => text.parse().map(Some).map_err(|_| wrong(text)),
            Some(Argument::Json(other)) => Err(wrong(other)),
            Some(Argument::Uri(text)) => text.trim_matches('"').parse().map(Some).map_err(|_| wrong(text)),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, RpcError> {
        let wrong =
            |v: &dyn std::fmt::Display| RpcError::invalid_params(format!("{name}: {v} is neither true nor false"));
        match self.0.get(name) {
            None => Ok(false),
            Some(Argument::Json(Value::Bool(flag))) => Ok(*flag),
            Some(Argument::Json(other)) => Err(wrong(other)),
            Some(Argument::Uri(text)) => text.parse().map_err(|_| wrong(text)),
        }
    }

    /// Text; in a URI it stands in quotes or is hex after `0x`.
    pub fn text(&self, name: &str) -> Result<Option<String>, RpcError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Argument::Json(Value::String(text))) => Ok(Some(text.clone())),
            Some(Argument::Json(other)) => Err(RpcError::invalid_params(format!("{name}: {other} is not text"))),
            Some(Argument::Uri(text)) => match (prefixed_hex(text), serde_json::from_str::<String>(text)) {
                (Some(bytes), _) => Ok(String::from_utf8(bytes).ok()),
                (None, Ok(text)) => Ok(Some(text)),
                (None, Err(_)) => Err(RpcError::invalid_params(format!(
                    "{name}: {text} is neither \"text\" in quotes nor hex after 0x"
                ))),
            },
        }
    }

    /// Bytes: base64 in JSON; in a URI text in quotes or hex after `0x`.
    pub fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, RpcError> {
        self.binary(name, |text| STANDARD.decode(text).ok(), "base64")
    }

    /// Bytes: hex in JSON; in a URI as [`Self::bytes`].
    pub fn hex(&self, name: &str) -> Result<Option<Vec<u8>>, RpcError> {
        self.binary(name, |text| hex::decode(text).ok(), "hex")
    }

    fn binary(&self, name: &str, decode: fn(&str) -> Option<Vec<u8>>, form: &str) -> Result<Option<Vec<u8>>, RpcError> {
        let wrong = |text: &str| RpcError::invalid_params(format!("{name}: {text} is not {form}"));
        match self.0.get(name) {
            None => Ok(None),
            Some(Argument::Json(Value::String(text))) => decode(text).map(Some).ok_or_else(|| wrong(text)),
            Some(Argument::Json(other)) => Err(wrong(&other.to_string())),
            Some(Argument::Uri(text)) => {
                let quoted = || serde_json::from_str::<String>(text).ok().map(String::into_bytes);
                prefixed_hex(text).or_else(quoted).map(Some).ok_or_else(|| {
                    RpcError::invalid_params(format!("{name}: {text} is neither \"text\" in quotes nor hex after 0x"))
                })
            }
        }
    }
}

fn prefixed_hex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(pairs: &[(&str, &str)]) -> Params {
        Params::from_query(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn arguments_have_the_same_meaning_in_a_body_and_in_a_uri() {
        let body = json!({ "height": "14", "data": "0aFF", "tx": "aGk=", "path": "/store/bank/key", "prove": true, "page": null });
        let body = Params::from_json(body, &[]).unwrap();
        let uri = uri(&[
            ("height", "14"),
            ("data", "0x0aff"),
            ("tx", "\"hi\""),
            ("path", "\"/store/bank/key\""),
            ("prove", "true"),
            ("page", ""),
        ]);
        for p in [body, uri] {
            assert_eq!(p.int("height").unwrap(), Some(14));
            assert_eq!(p.hex("data").unwrap(), Some(vec![0x0a, 0xff]));
            assert_eq!(p.bytes("tx").unwrap(), Some(b"hi".to_vec()));
            assert_eq!(p.text("path").unwrap().as_deref(), Some("/store/bank/key"));
            assert!(p.flag("prove").unwrap());
            assert_eq!(p.int("page").unwrap(), None);
        }
    }

    #[test]
    fn arguments_by_place_must_be_complete() {
        let p = Params::from_json(json!(["AA==", 3]), &["tx", "n"]).unwrap();
        assert_eq!((p.bytes("tx").unwrap(), p.int("n").unwrap()), (Some(vec![0]), Some(3)));
        assert_eq!(Params::from_json(json!(["AA=="]), &["tx", "n"]).unwrap_err().code, -32602);
        assert_eq!(Params::from_json(json!(5), &[]).unwrap_err().code, -32602);
    }

    #[test]
    fn the_id_comes_back_as_it_was_and_a_notification_gets_no_answer() {
        let read = |v: Value| Request::read(&v).map(|r| r.map(|r| r.id));
        assert_eq!(read(json!({ "id": 7, "method": "status" })), Ok(Some(json!(7))));
        assert_eq!(read(json!({ "id": "u-1", "method": "status" })), Ok(Some(json!("u-1"))));
        assert_eq!(read(json!({ "method": "status" })), Ok(None));
        assert_eq!(read(json!({ "id": [], "method": "status" })).unwrap_err().code, -32700);
        let error = response(&json!(1), Err(RpcError::method_not_found()));
        assert_eq!(
            error,
            json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32601, "message": "Method not found" } })
        );
    }
}
