//! A grid of cells that is no buffer of ratatui.

use std::collections::BTreeMap;

use leftoff_ratatui::ratatui_core::buffer::Cell;
use leftoff_ratatui::{Arrow, Shown};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use crate::screens::{NOON, marker};

type Grid = BTreeMap<(u16, u16), (String, Modifier)>;

fn read(grid: &Grid, at: Position) -> Cell {
    let mut cell = Cell::default();
    if let Some((symbol, modifier)) = grid.get(&(at.x, at.y)) {
        cell.set_symbol(symbol);
        cell.modifier = *modifier;
    }
    cell
}

#[test]
fn arrow_on_another_grid_changes_its_own_cells_only() {
    let mut grid = Grid::new();
    for (x, letter) in (12..).zip("Amount".chars()) {
        grid.insert((x, 6), (letter.to_string(), Modifier::ITALIC));
    }
    let mut arrow = Arrow::new();
    // The area does not begin at the corner of the screen.
    arrow.begin(Rect::new(10, 5, 40, 3));
    arrow.register("money/amount", Rect::new(12, 6, 6, 1));
    let mut written = Vec::new();
    let shown = arrow.draw_on(&mut grid, Some(&marker("money/amount")), NOON, read, |grid, at, cell| {
        written.push((at.x, at.y));
        grid.insert((at.x, at.y), (cell.symbol().to_owned(), cell.modifier));
    });
    assert_eq!(shown, Shown::Arrow(Position::new(11, 6)));
    let row: String = (10..50).map(|x| grid.get(&(x, 6)).map_or(" ", |(symbol, _)| symbol)).collect();
    assert_eq!(row.trim_end(), " ▶Amount you left off here");
    assert_eq!(grid[&(12, 6)].1, Modifier::ITALIC | Modifier::BOLD, "it keeps what it had");
    assert!(written.iter().all(|(x, y)| (11..36).contains(x) && *y == 6), "{written:?}");

    written.clear();
    arrow.dismiss();
    arrow.draw_on(&mut grid, Some(&marker("money/amount")), NOON, read, |_, at, _| written.push((at.x, at.y)));
    assert!(written.is_empty(), "nothing is drawn any more: {written:?}");
}
