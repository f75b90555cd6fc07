//! The window, and what it stores.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{Section, Session};
use leftoff_slint::Arrow;
use serde::{Deserialize, Serialize};
use slint::{ComponentHandle, LogicalSize, Model, ModelRc, VecModel};

use generated::{Cost, Journey};

/// A program with a build script has `slint::include_modules!()` here.
#[allow(clippy::all, clippy::pedantic, missing_debug_implementations, clippy::unwrap_used, clippy::panic)]
mod generated {
    slint::slint! {
        #[library_path(leftoff) = "ui/leftoff.slint"]
        #[include_path = "examples/form"]
        import { Journey, LeftOff } from "form.slint";
        export { Journey, LeftOff }
    }
    leftoff_slint::connect!(Journey, LeftOff);
}

/// The whole report.
const REPORT: Section<Report> = Section::new("report", 1);

/// What is stored. The account is a secret, and is not.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Report {
    page: i32,
    traveller: String,
    purpose: String,
    is_urgent: bool,
    /// Id, name, amount.
    costs: Vec<(i32, String, String)>,
}

impl Default for Report {
    fn default() -> Self {
        let names = ["Train", "Hotel", "Taxi", "Museum", "Lunch", "Dinner", "Parking", "Tram", "Ferry", "Post"];
        let costs = (1..).zip(names).map(|(id, name)| (id, name.to_owned(), String::new())).collect();
        Self { page: 0, traveller: String::new(), purpose: String::new(), is_urgent: false, costs }
    }
}

/// The options of the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Run the next version: another name, another order, one field less.
    pub next: bool,
    pub dark: bool,
    pub size: (f32, f32),
}

/// Builds the window, and connects the arrow.
///
/// # Errors
/// The window cannot be made.
pub fn open(
    session: &Rc<RefCell<Session>>,
    options: Options,
) -> Result<(impl ComponentHandle + use<>, Arrow), slint::PlatformError> {
    let window = Journey::new()?;
    if options.dark {
        window.invoke_set_dark();
    }
    window.set_is_next(options.next);
    window.window().set_size(LogicalSize::new(options.size.0, options.size.1));
    read(&window, session);

    let weak = window.as_weak();
    let arrow = Arrow::attach(&window, session, move |capture| {
        if let Some(window) = weak.upgrade() {
            capture.set(REPORT, &report(&window));
        }
    });
    let (weak, of_window) = (window.as_weak(), Rc::downgrade(session));
    arrow.on_read_again(move || {
        if let (Some(window), Some(session)) = (weak.upgrade(), of_window.upgrade()) {
            read(&window, &session);
        }
    });
    let weak = window.as_weak();
    arrow.on_open(move |path| {
        if let Some(window) = weak.upgrade() {
            window.set_page(i32::from(path.starts_with("payment/")));
        }
    });
    let (rows, shown) = (window.as_weak(), window.as_weak());
    let row_of = move |record: &str| {
        let row = rows.upgrade()?.get_costs().iter().position(|cost| cost.id.to_string() == record)?;
        u32::try_from(row).ok()
    };
    arrow.add_list("journey/costs", row_of, move |row| {
        if let (Some(window), Ok(row)) = (shown.upgrade(), i32::try_from(row)) {
            window.invoke_show_row(row);
        }
    });
    Ok((window, arrow))
}

fn read(window: &Journey, session: &RefCell<Session>) {
    // Not borrowed while the widgets change.
    let report = session.borrow_mut().get_or_default(REPORT);
    window.set_page(report.page);
    window.set_traveller(report.traveller.into());
    window.set_purpose(report.purpose.into());
    window.set_is_urgent(report.is_urgent);
    let cost = |(id, name, amount): (i32, String, String)| Cost { id, name: name.into(), amount: amount.into() };
    window.set_costs(ModelRc::new(VecModel::from(report.costs.into_iter().map(cost).collect::<Vec<_>>())));
}

fn report(window: &Journey) -> Report {
    let rows = window.get_costs();
    let costs = rows.iter().map(|cost| (cost.id, cost.name.into(), cost.amount.into()));
    Report {
        page: window.get_page(),
        traveller: window.get_traveller().into(),
        purpose: window.get_purpose().into(),
        is_urgent: window.get_is_urgent(),
        costs: costs.collect(),
    }
}

/// The clock of the system, ahead by some time.
#[derive(Debug, Clone)]
pub struct Later {
    clock: SystemClock,
    by: Duration,
}

impl Later {
    pub fn new(by: Duration) -> Self {
        Self { clock: SystemClock::new(), by }
    }
}

impl Clock for Later {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = self.clock.now();
        let by = i64::try_from(self.by.as_millis()).unwrap_or(i64::MAX);
        Now { wall: Timestamp::from_millis(wall.as_millis().saturating_add(by)), monotonic: monotonic + self.by }
    }

    fn boot_id(&self) -> Option<u128> {
        self.clock.boot_id()
    }

    fn uptime(&self) -> Option<Duration> {
        self.clock.uptime().map(|up| up + self.by)
    }
}
