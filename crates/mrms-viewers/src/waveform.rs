//! Curves over time, drawn into a box: the samples of FHIR's `SampledData` and of DICOM waveforms.

use serde_json::Value;

use crate::bounds;
use crate::document::{Cell, Trace, Waveform, one_line};
use crate::json;

/// The width and height of the box of a trace.
const BOX: (f32, f32) = (1000.0, 100.0);

/// A trace and how long it is, in seconds.
pub(crate) type Timed = (Trace, f64);

/// Traces as one waveform; `None` without any.
pub(crate) fn of_traces(name: Cell, traces: Vec<Timed>) -> Option<Waveform> {
    let seconds = traces.iter().map(|(_, seconds)| *seconds).fold(0.0, f64::max);
    let traces: Vec<Trace> =
        traces.into_iter().take(bounds::MOST_TRACES).map(|one| one.0).collect();
    (!traces.is_empty()).then_some(Waveform { name, seconds, traces })
}

/// The traces of sampled data: several where it has dimensions.
pub(crate) fn sampled(name: &str, sampled: &Value) -> Vec<Timed> {
    let number = |field: &str| json::number(sampled, field);
    let dimensions =
        number("dimensions").map_or(1, |count| count as usize).clamp(1, bounds::MOST_TRACES);
    let origin = number("origin.value").unwrap_or(0.0);
    let factor = number("factor").unwrap_or(1.0);
    let period = number("period").unwrap_or(0.0) / 1000.0;
    let unit = json::text(sampled, "origin.unit").or_else(|| json::text(sampled, "origin.code"));
    let data = json::text(sampled, "data").unwrap_or_default();
    (0..dimensions)
        .filter_map(|dimension| {
            let samples = data.split_ascii_whitespace().skip(dimension).step_by(dimensions);
            // E, L and U: no value, below and above what the device measures.
            let samples: Vec<f64> = samples
                .map(|text| text.parse::<f64>().map_or(f64::NAN, |raw| origin + raw * factor))
                .collect();
            let seconds = period * samples.len() as f64;
            trace(name, unit.unwrap_or_default(), &samples).map(|trace| (trace, seconds))
        })
        .collect()
}

/// Samples as a curve. Where there are more than can be seen, each column has its smallest and its largest.
pub(crate) fn trace(name: &str, unit: &str, samples: &[f64]) -> Option<Trace> {
    let finite = || samples.iter().copied().filter(|sample| sample.is_finite());
    let least = finite().reduce(f64::min)?;
    let most = finite().reduce(f64::max)?;
    let height = if most > least { most - least } else { 1.0 };
    let (width, tall) = BOX;
    let place = |index: usize, sample: f64| {
        let x = width * index as f32 / samples.len().max(2) as f32;
        let y = tall - tall * ((sample - least) / height) as f32;
        (round(x), round(y))
    };
    let step = samples.len().div_ceil(bounds::MOST_SAMPLES / 2).max(1);
    let mut points = Vec::new();
    for (column, chunk) in samples.chunks(step).enumerate() {
        let values = || chunk.iter().copied().filter(|sample| sample.is_finite());
        let Some(first) = values().next() else { continue };
        if step == 1 {
            points.push(place(column, first));
            continue;
        }
        let low = values().fold(first, f64::min);
        let high = values().fold(first, f64::max);
        points.push(place(column * step, low));
        points.push(place(column * step, high));
    }
    let text = |text: &str| one_line(text, bounds::MOST_TITLE);
    Some(Trace { name: text(name), unit: text(unit), least, most, points })
}

fn round(number: f32) -> f32 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampled_data_is_scaled_and_split_by_dimension() {
        let value = serde_json::json!({
            "origin": {"value": 100, "unit": "mV"}, "period": 10, "factor": 2, "dimensions": 2,
            "data": "0 10 1 E 2 30"
        });
        let traces = sampled("Lead", &value);
        let [(first, seconds), (second, _)] = traces.as_slice() else { panic!("{traces:?}") };
        assert_eq!((first.least, first.most, *seconds), (100.0, 104.0, 0.03));
        assert_eq!((second.least, second.most, second.points.len()), (120.0, 160.0, 2));
        assert_eq!(first.points, [(0.0, 100.0), (333.3, 50.0), (666.7, 0.0)]);
        assert!(
            sampled("Lead", &serde_json::json!({"data": "E U L", "dimensions": 1e300})).is_empty()
        );
    }

    #[test]
    fn a_peak_is_seen_in_a_curve_that_is_made_shorter() {
        let mut samples = vec![0.0; 1_000_000];
        samples[777_777] = 5.0;
        let trace = trace("II", "mV", &samples).unwrap();
        assert!(trace.points.len() <= bounds::MOST_SAMPLES + 2);
        assert!(trace.points.iter().any(|point| point.1 == 0.0), "the peak");
    }
}
