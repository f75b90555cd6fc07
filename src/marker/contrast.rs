//! Colours on which white text can be read.

/// The contrast of text that is easy to read, by the accessibility guidelines (WCAG).
const READABLE: f32 = 4.5;

/// Darkens a colour until white text on it is easy to read: a contrast of 4.5. The hue stays. Parts are those of sRGB, red,
/// green and blue, from 0 to 1; others are clamped.
///
/// ```
/// use leftoff::marker::contrast::readable_under_white;
///
/// assert_eq!(readable_under_white([0.0, 0.0, 1.0]), [0.0, 0.0, 1.0]);
/// let [red, green, blue] = readable_under_white([1.0, 1.0, 0.0]);
/// assert!(red < 0.6 && red == green && blue == 0.0);
/// ```
pub fn readable_under_white(color: [f32; 3]) -> [f32; 3] {
    let darker = |step: u8| color.map(|part| part.clamp(0.0, 1.0) * f32::from(20 - step) / 20.0);
    let is_readable = |color: &[f32; 3]| 1.05 / (luminance(*color) + 0.05) >= READABLE;
    (0..=20).map(darker).find(is_readable).unwrap_or_default()
}

/// Returns the relative luminance of an opaque colour, from 0 to 1.
pub fn luminance(color: [f32; 3]) -> f32 {
    let linear = |part: f32| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    let [red, green, blue] = color.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_text_can_be_read_on_every_colour() {
        let parts = [0.0, 0.21, 0.52, 0.89, 1.0, 7.0, f32::NAN];
        for color in parts.into_iter().flat_map(|red| parts.map(|green| parts.map(|blue| [red, green, blue]))).flatten()
        {
            let dark = readable_under_white(color);
            assert!(1.05 / (luminance(dark) + 0.05) >= READABLE, "{color:?}: {dark:?}");
        }
    }

    #[test]
    fn a_colour_that_is_dark_enough_stays_as_it_is() {
        let bits = |color: [f32; 3]| color.map(f32::to_bits);
        assert_eq!(bits(readable_under_white([0.5, 0.0, 0.25])), bits([0.5, 0.0, 0.25]));
    }
}
