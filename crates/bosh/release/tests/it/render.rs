//! Templates see what they see with the bosh CLI, and errors name template and line.

use bosh_release::{Context, ReleaseError, Ruby, Template};
use serde_json::{Map, Value, json};

fn properties() -> Map<String, Value> {
    let values = json!({"a": {"b": 7, "off": false, "none": null}, "list": [{"x": 1}], "ü": "ö"});
    values.as_object().cloned().unwrap()
}

fn all(texts: &[&str]) -> Result<Vec<String>, ReleaseError> {
    let (properties, context) =
        (properties(), Context { deployment: "toy".into(), address: Some("10.0.0.6".into()) });
    let template = |text| Template {
        job: "j",
        name: "t.erb",
        text,
        properties: &properties,
        context: &context,
    };
    let templates: Vec<_> = texts.iter().map(|text| template(*text)).collect();
    let files = Ruby::default().render(&templates)?;
    Ok(files.into_iter().map(|file| String::from_utf8(file.0).unwrap()).collect())
}

/// Ruby is there wherever this project is tested.
#[test]
fn templates_see_properties_and_spec() {
    let cases = [
        ("<%= p('a.b') %>", "7"),
        ("<%= p('a.off') %>", "false"),
        ("<%= p(%w[a.none a.b]) %>", "7"),
        ("<%= p('a.none', 'x') %>", "x"),
        ("<%= p('ü') %>", "ö"),
        (
            "<%= properties.a.b %> <%= properties.list[0].x %> <%= properties.nothing.inspect %>",
            "7 1 nil",
        ),
        ("<%= raw_properties['a']['b'] %>", "7"),
        ("<% if_p('a.b', 'list') do |b, l| %><%= b %>/<%= l.size %><% end %>", "7/1"),
        ("<% if_p('no') do %>x<% end.else do %>else<% end %>", "else"),
        ("<% if_p('no') { }.else_if_p('a.b') do |b| %><%= b %><% end.else do %>no<% end %>", "7"),
        ("<% if_link('db') do |l| %>x<% end.else do %>no link<% end %>", "no link"),
        ("<%= spec.job.name %> <%= name %> <%= index %> <%= spec.address %>", "j j 0 10.0.0.6"),
        (
            "<%= spec.deployment %> <%= spec.name.inspect %> <%= spec.networks.default.ip %>.",
            "toy nil .",
        ),
        ("a\n<%- if true -%>\nb\n<%- end -%>\n", "a\nb\n"),
        ("<%= JSON.dump(p('list')) %><%= {'k' => 1}.to_yaml %>", "[{\"x\":1}]---\nk: 1\n"),
    ];
    let texts: Vec<_> = cases.iter().map(|(text, _)| *text).collect();
    let rendered = all(&texts).unwrap();
    for ((text, expected), rendered) in cases.iter().zip(rendered) {
        assert_eq!(rendered, *expected, "{text}");
    }
}

/// Each is told its own identity, and nothing that one defines is there in the next.
#[test]
fn templates_do_not_see_each_other() {
    let define = "<% def helper = 1; $seen = 1; String.class_eval { def odd = 1 } %><%= spec.id %>";
    let look = "<%= [self.class.method_defined?(:helper), $seen.inspect, ''.respond_to?(:odd)] %><%= spec.id %>";
    let rendered = all(&[define, look]).unwrap();
    assert!(rendered[1].starts_with("[false, \"nil\", false]"), "{}", rendered[1]);
    assert!(!rendered[1].ends_with(&rendered[0]), "the ids are equal");
}

/// All errors at once, a line each; a template that prints, ends Ruby or is not Ruby harms nobody.
#[test]
fn errors_name_template_and_line() {
    let error = all(&[
        "\n<%= p('a.c') %>",
        "<%= p(%w[x y]) %>",
        "<% if %>",
        "<% exit! 0 %>",
        "<% exit 0 %>",
        "<% $stdout.puts 'noise' %>ok",
        "<%= link('db') %>",
        "<%= spec.networks.other.ip %>",
    ])
    .unwrap_err();
    let ReleaseError::Templates(errors) = &error else { panic!("{error}") };
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 7, "{error}");
    assert_eq!(lines[0], "template 't.erb' of job 'j', line 2: Can't find property 'a.c'");
    assert!(lines[1].ends_with("Can't find property 'x', or 'y'"), "{}", lines[1]);
    assert!(lines[2].contains("syntax error"), "{}", lines[2]);
    assert!(lines[3].contains("ended ruby") && lines[4].contains("exit"), "{error}");
    assert!(lines[5].contains("links are not supported"), "{}", lines[5]);
}

#[test]
fn a_missing_ruby_is_said_so() {
    let error = Ruby::at("/nowhere/ruby").version().unwrap_err().to_string();
    assert!(error.contains("/nowhere/ruby") && error.contains("apt-get install ruby"), "{error}");
    let version = Ruby::default().version().unwrap();
    assert!(version.contains('.'), "{version}");
}
