//! Printing answers: JSON for programs, an indented list for people.

use anyhow::{Result, bail};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Text,
}

impl Form {
    /// # Errors
    /// The form is neither `json` nor `text`.
    pub fn parse(text: Option<&str>) -> Result<Self> {
        match text {
            Some("json") => Ok(Self::Json),
            None | Some("text" | "yaml") => Ok(Self::Text),
            Some(other) => bail!("--output: {other:?} is neither json nor text"),
        }
    }

    /// Prints on standard output.
    pub fn print(self, value: &Value) {
        match self {
            Self::Json => println!("{value}"),
            Self::Text => print!("{}", yaml(value)),
        }
    }
}

/// The value as YAML.
fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => block(value, 0, &mut out),
        Value::Array(items) if !items.is_empty() => block(value, 0, &mut out),
        plain => out.push_str(&format!("{}\n", scalar(plain))),
    }
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if is_block(value) {
                    out.push_str(&format!("{indent}{key}:\n"));
                    block(value, if value.is_array() { depth } else { depth + 1 }, out);
                } else {
                    out.push_str(&format!("{indent}{key}: {}\n", scalar(value)));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if is_block(item) {
                    let mut inner = String::new();
                    block(item, depth + 1, &mut inner);
                    let rest = inner.strip_prefix(&"  ".repeat(depth + 1)).unwrap_or(&inner);
                    out.push_str(&format!("{indent}- {rest}"));
                } else {
                    out.push_str(&format!("{indent}- {}\n", scalar(item)));
                }
            }
        }
        plain => out.push_str(&format!("{indent}{}\n", scalar(plain))),
    }
}

fn is_block(value: &Value) -> bool {
    value.as_object().is_some_and(|o| !o.is_empty()) || value.as_array().is_some_and(|a| !a.is_empty())
}

/// Text that YAML would take for something else stands in quotes.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | '@' | '+');
            let simple = text.starts_with(|c: char| c.is_alphabetic() || c == '/') && text.chars().all(plain);
            let reserved = ["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
            if simple && !reserved { text.clone() } else { value.to_string() }
        }
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_yaml() {
        let value = json!({ "a": { "b": "12", "c": [] }, "list": [{ "x": "uente", "y": true }, "z"], "n": null });
        assert_eq!(yaml(&value), "a:\n  b: \"12\"\n  c: []\nlist:\n- x: uente\n  y: true\n- z\nn: null\n");
    }
}
