//! Small painted icons: the built-in fonts do not have them.

use eframe::egui::{Color32, Pos2, Response, Sense, Shape, Stroke, Ui, Vec2, pos2};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Done,
    Warning,
    Wait,
}

/// Draws an icon as high as the text beside it. It is silent for screen readers: the text beside it is read.
pub(crate) fn show(ui: &mut Ui, sign: Sign, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
    let at = |x: f32, y: f32| pos2(rect.left() + x, rect.top() + y);
    let painter = ui.painter();
    let stroke = Stroke::new(2.0, color);
    let line = |points: &[Pos2]| painter.add(Shape::line(points.to_vec(), stroke));
    match sign {
        Sign::Done => {
            line(&[at(2.0, 8.5), at(6.0, 12.5), at(14.0, 3.5)]);
        }
        Sign::Warning => {
            painter.add(Shape::closed_line(vec![at(8.0, 1.5), at(15.0, 14.0), at(1.0, 14.0)], Stroke::new(1.5, color)));
            line(&[at(8.0, 5.5), at(8.0, 10.0)]);
            painter.circle_filled(at(8.0, 12.0), 1.1, color);
        }
        Sign::Wait => {
            for x in [3.0, 8.0, 13.0] {
                painter.circle_filled(at(x, 8.5), 1.5, color);
            }
        }
    }
    response
}
