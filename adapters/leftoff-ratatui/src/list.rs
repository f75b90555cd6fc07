//! Long lists: only the visible rows are registered, and the marked one.

use std::fmt::Display;
use std::ops::Range;

use ratatui_core::layout::Rect;

use crate::arrow::Arrow;

impl Arrow {
    /// Registers the rows of a list, each one line high: those that `view` shows from row `offset` on, and the marked one.
    ///
    /// `ids` are the names of the records, in the order of the rows: the last parts of their paths. Never take their numbers
    /// or their texts. A list of very many records has [`list`](Self::list), which asks for the visible names only.
    ///
    /// ```
    /// use leftoff_ratatui::Arrow;
    /// use ratatui::layout::Rect;
    ///
    /// # let (mut arrow, offset) = (Arrow::new(), 0_usize);
    /// struct Task {
    ///     id: u64,
    /// }
    ///
    /// let tasks = [Task { id: 17 }, Task { id: 18 }];
    /// arrow.rows("task", Rect::new(2, 1, 30, 20), offset, tasks.iter().map(|task| task.id));
    /// ```
    pub fn rows<I>(&mut self, path: &str, view: Rect, offset: usize, ids: I)
    where
        I: IntoIterator<Item: Display, IntoIter: Clone>,
    {
        let ids = ids.into_iter();
        let shown: Vec<String> =
            ids.clone().skip(offset).take(usize::from(view.height)).map(|id| id.to_string()).collect();
        let visible = offset..offset.saturating_add(shown.len());
        let record = |row: usize| row.checked_sub(offset).and_then(|row| shown.get(row)).cloned().unwrap_or_default();
        self.list(path, view, visible, record, |marked| ids.clone().position(|id| id.to_string() == marked));
    }

    /// Registers the visible rows of a long list, each one line high, in place of a [`register_lines`] for every row.
    ///
    /// `view` shows the rows `visible`, counted from zero. `record` returns the name of the record in a row, which is
    /// the last part of its path: `mail/` and the id of a mail. `row_of` returns the row of a record; it is called only
    /// while the marker points at a record of this list that is not visible.
    ///
    /// Call [`prepare`](Self::prepare) before, so that the first frame already points to a row out of view.
    ///
    /// ```
    /// use leftoff_ratatui::Arrow;
    /// use ratatui::layout::Rect;
    ///
    /// # let (mut arrow, mails, offset) = (Arrow::new(), vec!["m-17".to_owned(), "m-18".to_owned()], 0_usize);
    /// let view = Rect::new(2, 1, 30, 20);
    /// let visible = offset..mails.len().min(offset + usize::from(view.height));
    /// arrow.list("mail", view, visible, |row| mails[row].clone(), |id| mails.iter().position(|mail| mail == id));
    /// ```
    ///
    /// [`register_lines`]: Self::register_lines
    pub fn list(
        &mut self,
        path: &str,
        view: Rect,
        visible: Range<usize>,
        record: impl FnMut(usize) -> String,
        row_of: impl FnOnce(&str) -> Option<usize>,
    ) {
        let Range { start, end } = visible;
        let mut rows: Vec<(usize, String)> = (start..end).zip((start..end).map(record)).collect();
        if let Some(marked) =
            self.resume.marked_record(path).filter(|marked| rows.iter().all(|(_, record)| record != marked))
            && let Some(row) = row_of(marked)
        {
            // In reading order.
            let at = if row < start { 0 } else { rows.len() };
            rows.insert(at, (row, marked.to_owned()));
        }
        for (row, record) in rows {
            let path = format!("{path}/{record}");
            self.register_lines(path.as_str(), view, row..row.saturating_add(1), start);
        }
    }
}
