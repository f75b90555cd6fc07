//! bincode's encodings of numbers: small numbers in one byte, signed numbers in zigzag.

/// From this value on, a byte is the length code of the number behind it.
pub(super) const SMALL: u8 = 251;
pub(super) const IN_2: u8 = 251;
pub(super) const IN_4: u8 = 252;
pub(super) const IN_8: u8 = 253;
pub(super) const IN_16: u8 = 254;

/// Returns whether a float with so many binary digits is exactly this integer, or its negative.
#[inline]
pub(in crate::codec) fn float_holds(magnitude: u128, digits: u32) -> bool {
    magnitude == 0 || u128::BITS - magnitude.leading_zeros() - magnitude.trailing_zeros() <= digits
}

/// Returns whether an `f32` holds this number, rounded: it must not become infinity.
#[expect(clippy::cast_possible_truncation, reason = "that is what is looked at")]
pub(in crate::codec) fn single_holds(double: f64) -> bool {
    !double.is_finite() || (double as f32).is_finite()
}

macro_rules! zigzag {
    ($($fold:ident $unfold:ident $signed:ty, $unsigned:ty;)*) => {$(
        #[inline]
        #[expect(clippy::cast_sign_loss, reason = "the bits are meant")]
        pub(super) const fn $fold(value: $signed) -> $unsigned {
            ((value << 1) ^ (value >> (<$signed>::BITS - 1))) as $unsigned
        }

        #[inline]
        #[expect(clippy::cast_possible_wrap, reason = "the bits are meant")]
        pub(super) const fn $unfold(value: $unsigned) -> $signed {
            (value >> 1) as $signed ^ -((value & 1) as $signed)
        }
    )*};
}

zigzag! {
    fold16 unfold16 i16, u16;
    fold32 unfold32 i32, u32;
    fold64 unfold64 i64, u64;
    fold128 unfold128 i128, u128;
}

/// Returns the `f64` with the decimal form of an `f32`: 0.1, not 0.10000000149011612. JSON does the same.
pub(super) fn widened(value: f32) -> f64 {
    if !value.is_finite() {
        return f64::from(value);
    }
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}
