//! Traces for OpenTelemetry: a span for the call, each request to the cloud's API and each wait
//! for a job, kept until the call is answered and then sent at once. Off by default.

use crate::redact::Secrets;
use bosh_cpi::config::TracesProperties;
use cloud_http::{API_SPAN, CALL_FIELD, WAIT_SPAN};
use opentelemetry::trace::{Status, TracerProvider as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor,
};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The span of a call of the CPI.
pub const CALL_SPAN: &str = "cpi";
/// The field of that span that holds the method's name.
const METHOD_FIELD: &str = "method";

/// The traces of one call.
pub struct Traces {
    endpoint: String,
    timeout: Duration,
    spans: Arc<Mutex<Vec<SpanData>>>,
    provider: SdkTracerProvider,
}

impl Traces {
    /// None unless the config names a collector. No I/O.
    pub fn configured(properties: &TracesProperties) -> Option<Self> {
        let endpoint = properties.endpoint.as_deref().map(str::trim).filter(|it| !it.is_empty())?;
        let spans = Arc::<Mutex<Vec<SpanData>>>::default();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Kept(Arc::clone(&spans)))
            .with_resource(resource())
            .build();
        Some(Self {
            endpoint: format!("{}/v1/traces", endpoint.trim_end_matches('/')),
            timeout: Duration::try_from_secs_f64(properties.timeout).unwrap_or(Duration::MAX),
            spans,
            provider,
        })
    }

    /// What makes spans of OpenTelemetry of ours.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("cpi"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|of| {
                of.is_span() && [CALL_SPAN, API_SPAN, WAIT_SPAN].contains(&of.name())
            }))
    }

    /// Sends what has been kept; what the collector cannot take is told and lost.
    pub async fn send(self, secrets: &Secrets) {
        let mut spans =
            std::mem::take(&mut *self.spans.lock().unwrap_or_else(PoisonError::into_inner));
        spans.iter_mut().for_each(|span| make_fit(span, secrets));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&self.endpoint)
            .with_timeout(self.timeout)
            .build();
        let mut exporter = match exporter {
            Ok(exporter) => exporter,
            Err(error) => return tracing::warn!("traces.endpoint: {error}"),
        };
        exporter.set_resource(&resource());
        match tokio::time::timeout(self.timeout, exporter.export(spans)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("no traces for {}: {error}", self.endpoint),
            Err(_) => tracing::warn!("no traces for {}: no answer in time", self.endpoint),
        }
    }
}

fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder_empty().with_service_name("cpi").with_attribute(version).build()
}

/// Names a span by what it is of: the CPI's method or the API call. Hides secrets in texts.
fn make_fit(span: &mut SpanData, secrets: &Secrets) {
    for attribute in &mut span.attributes {
        if let Value::String(text) = &attribute.value {
            attribute.value = secrets.hide(text.as_str()).into();
        }
    }
    if let Status::Error { description } = &span.status {
        span.status = Status::error(secrets.hide(description));
    }
    let of = |name: &str| {
        let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
        Some(found.value.as_str().into_owned())
    };
    let name = match span.name.as_ref() {
        CALL_SPAN => of(METHOD_FIELD),
        API_SPAN => of(CALL_FIELD),
        _ => of(CALL_FIELD).map(|call| format!("wait for {call}")),
    };
    if let Some(name) = name {
        span.name = Cow::Owned(name);
    }
}

/// Keeps spans that have ended.
#[derive(Debug)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Kept {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
