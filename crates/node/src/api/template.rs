//! Path templates of `google.api.http`: `/a/{b}/c/{d=**}:verb`.

use std::cmp::Ordering;

use prost_reflect::FieldDescriptor;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Exactly this text. Ordered first: a word beats a variable.
    Word(String),
    /// Any one segment.
    One,
    /// All segments that are left for it, slashes included.
    Rest,
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    steps: Vec<Step>,
    /// Name of the field that takes the text of the steps in the range.
    variables: Vec<(String, std::ops::Range<usize>)>,
    verb: Option<String>,
}

impl Template {
    /// Parses a template; nothing if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('/')?;
        let mut template = Self { steps: Vec::new(), variables: Vec::new(), verb: None };
        if let Some((path, verb)) = rest.rsplit_once(':').filter(|(_, verb)| !verb.contains(['}', '/'])) {
            (rest, template.verb) = (path, Some(verb.to_owned()));
        }
        while !rest.is_empty() {
            rest = match rest.strip_prefix('{') {
                Some(inside) => {
                    let (variable, after) = inside.split_once('}')?;
                    let (name, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
                    let start = template.steps.len();
                    template.steps.extend(pattern.split('/').map(step));
                    template.variables.push((name.to_owned(), start..template.steps.len()));
                    after
                }
                None => {
                    let end = rest.find('/').unwrap_or(rest.len());
                    template.steps.push(step(rest.get(..end)?));
                    rest.get(end..)?
                }
            };
            rest = match rest.strip_prefix('/') {
                Some("") => return None,
                Some(next) => next,
                None if rest.is_empty() => rest,
                None => return None,
            };
        }
        let rests = template.steps.iter().filter(|step| **step == Step::Rest).count();
        (rests <= 1 && !template.steps.is_empty()).then_some(template)
    }

    /// Matches the raw path of a request and gives the text, percent-decoded, of each variable.
    pub fn matches(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let path = path.strip_prefix('/')?;
        let path = match &self.verb {
            Some(verb) => path.strip_suffix(verb.as_str())?.strip_suffix(':')?,
            None => path,
        };
        let segments: Vec<&str> = path.split('/').collect();
        let spare = segments.len().checked_sub(self.steps.iter().filter(|step| **step != Step::Rest).count())?;
        let mut starts = Vec::with_capacity(self.steps.len() + 1);
        let mut at = 0;
        for step in &self.steps {
            starts.push(at);
            at += match step {
                Step::Word(word) if percent_decoded(segments.get(at)?, false)? != *word => return None,
                Step::One if segments.get(at)?.is_empty() => return None,
                Step::Rest => spare,
                Step::Word(_) | Step::One => 1,
            };
        }
        starts.push(at);
        if at != segments.len() {
            return None;
        }
        let text = |range: &std::ops::Range<usize>| {
            let segments = segments.get(*starts.get(range.start)?..*starts.get(range.end)?)?;
            let decoded: Option<Vec<String>> = segments.iter().map(|segment| percent_decoded(segment, false)).collect();
            Some(decoded?.join("/"))
        };
        self.variables.iter().map(|(name, range)| Some((name.as_str(), text(range)?))).collect()
    }

    /// Orders templates from the most to the least exact, which is the order to try them in.
    pub fn compare_exactness(&self, other: &Self) -> Ordering {
        (self.verb.is_none(), &self.steps).cmp(&(other.verb.is_none(), &other.steps))
    }

    /// The first word, by which whole families of paths are told apart.
    pub fn first_word(&self) -> Option<&str> {
        match self.steps.first()? {
            Step::Word(word) => Some(word),
            Step::One | Step::Rest => None,
        }
    }

    /// Names of the fields that the path fills.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// The template as OpenAPI writes it: variables without their patterns.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        for (index, step) in self.steps.iter().enumerate() {
            match (step, self.variables.iter().find(|(_, range)| range.contains(&index))) {
                (_, Some((name, range))) if range.start == index => text.push_str(&format!("/{{{name}}}")),
                (_, Some(_)) => {}
                (Step::Word(word), None) => text.push_str(&format!("/{word}")),
                (Step::One | Step::Rest, None) => text.push_str("/*"),
            }
        }
        text + &self.verb.as_ref().map(|verb| format!(":{verb}")).unwrap_or_default()
    }
}

fn step(text: &str) -> Step {
    match text {
        "*" => Step::One,
        "**" => Step::Rest,
        word => Step::Word(word.to_owned()),
    }
}

/// Undoes `%2F` and, where `plus` says so, `+` for a space. Nothing if an escape is broken or the result is not UTF-8.
pub fn percent_decoded(text: &str, plus: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok().filter(|pair| !pair.starts_with('+'))?, 16).ok()?
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Key and value of each part of a query string, decoded, in written order.
pub fn query_pairs(query: &str) -> Option<Vec<(String, String)>> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        Some((percent_decoded(key, true)?, percent_decoded(value, true)?))
    };
    parts.map(pair).collect()
}

/// Whether a field can be given by a text in a path or query.
pub fn is_textual(field: &FieldDescriptor) -> bool {
    match field.kind() {
        prost_reflect::Kind::Message(inner) => {
            matches!(inner.full_name(), "google.protobuf.Timestamp" | "google.protobuf.Duration")
        }
        _ => !field.is_map(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let template = Template::parse(template).unwrap();
        Some(template.matches(path)?.into_iter().map(|(name, text)| (name.to_owned(), text)).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn a_variable_takes_one_segment_and_undoes_its_escapes() {
        assert_eq!(matched("/a/{denom}", "/a/ibc%2FABC"), pairs(&[("denom", "ibc/ABC")]));
        assert_eq!(matched("/a/{denom}", "/a/ibc/ABC"), None);
        assert_eq!(matched("/a/{denom}", "/a/"), None);
        assert_eq!(matched("/a/{denom}", "/a"), None);
        assert_eq!(matched("/a/{denom}", "/a/%zz"), None);
    }

    #[test]
    fn two_stars_take_what_the_other_steps_leave() {
        assert_eq!(matched("/a/{denom=**}", "/a/factory/x/y"), pairs(&[("denom", "factory/x/y")]));
        assert_eq!(matched("/a/{d=**}/b/{c}", "/a/1/2/b/3"), pairs(&[("d", "1/2"), ("c", "3")]));
        assert_eq!(matched("/{name=a/*}/b", "/a/7/b"), pairs(&[("name", "a/7")]));
    }

    #[test]
    fn a_verb_belongs_to_the_end_of_the_path() {
        assert_eq!(matched("/a/{b}:cancel", "/a/1:cancel"), pairs(&[("b", "1")]));
        assert_eq!(matched("/a/{b}:cancel", "/a/1"), None);
    }

    #[test]
    fn words_come_before_variables_and_variables_before_two_stars() {
        let mut templates: Vec<Template> =
            ["/a/{x=**}", "/a/{x}", "/a/b", "/{x}/b"].iter().map(|text| Template::parse(text).unwrap()).collect();
        templates.sort_by(Template::compare_exactness);
        assert_eq!(templates.iter().map(Template::plain).collect::<Vec<_>>(), ["/a/b", "/a/{x}", "/a/{x}", "/{x}/b"]);
    }

    #[test]
    fn a_query_string_is_decoded_with_plus_as_space() {
        assert_eq!(query_pairs("a=b%3D1&c+d=e+f&g"), pairs(&[("a", "b=1"), ("c d", "e f"), ("g", "")]));
        assert_eq!(query_pairs("a=%4"), None);
    }
}
