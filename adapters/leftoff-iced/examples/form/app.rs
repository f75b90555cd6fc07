//! The report in two versions of the program, without its window.

use std::cell::RefCell;
use std::time::Duration;

use iced::widget::{button, checkbox, column, row, scrollable, text, text_input};
use iced::{Center, Element, Fill, Theme};
use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{Section, Session};
use leftoff_iced::{Arrow, Request, mark};
use serde::{Deserialize, Serialize};

pub const REPORT: Section<Report> = Section::new("report", 1);

/// What is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub page: Page,
    pub traveller: String,
    pub purpose: String,
    pub is_urgent: bool,
    pub costs: Vec<Cost>,
    /// On the second page.
    pub account: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    Journey,
    Account,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// The record of the cost, which never changes.
    pub id: u32,
    pub name: String,
    pub amount: String,
}

impl Default for Report {
    fn default() -> Self {
        let names = ["Train", "Hotel", "Taxi", "Museum", "Lunch", "Dinner", "Parking", "Tram", "Ferry", "Post"];
        let cost = |(id, name): (u32, &str)| Cost { id, name: name.to_owned(), amount: String::new() };
        Self {
            page: Page::Journey,
            traveller: String::new(),
            purpose: String::new(),
            is_urgent: false,
            costs: (1..).zip(names).map(cost).collect(),
            account: String::new(),
        }
    }
}

#[derive(Debug, Clone)]
pub enum Message {
    Traveller(String),
    Purpose(String),
    Urgent(bool),
    Amount(u32, String),
    Account(String),
    Pin(String),
    Turn(Page),
    Send,
    LeftOff(Request),
}

/// The options of the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Run the next version: another name, another order, one field less.
    pub next: bool,
    pub dark: bool,
    /// The offset of the clock, to try out absences.
    pub later: Duration,
}

pub struct App {
    pub session: RefCell<Session>,
    pub arrow: Arrow,
    pub report: Report,
    /// Never kept.
    pub pin: String,
    options: Options,
}

impl App {
    pub fn new(mut session: Session, options: Options) -> Self {
        let report = session.get_or_default(REPORT);
        let arrow = Arrow::new().opens_pages();
        Self { session: RefCell::new(session), arrow, report, pin: String::new(), options }
    }

    pub fn theme(&self) -> Theme {
        if self.options.dark { Theme::Dark } else { Theme::Light }
    }

    pub fn update(&mut self, message: Message) {
        let session = self.session.get_mut();
        let report = &mut self.report;
        match message {
            Message::Traveller(text) => report.traveller = text,
            Message::Purpose(text) => report.purpose = text,
            Message::Urgent(is_urgent) => report.is_urgent = is_urgent,
            Message::Account(text) => report.account = text,
            Message::Pin(text) => self.pin = text,
            Message::Turn(page) => report.page = page,
            Message::Send => *report = Report { page: report.page, ..Report::default() },
            Message::Amount(id, text) => {
                if let Some(cost) = report.costs.iter_mut().find(|cost| cost.id == id) {
                    cost.amount = text;
                }
            }
            Message::LeftOff(Request::ReadAgain) => *report = session.get_or_default(REPORT),
            Message::LeftOff(Request::Open(path)) => {
                report.page = if path.starts_with("account") { Page::Account } else { Page::Journey };
            }
            Message::LeftOff(_) => {}
        }
        let saved = session.autosave(|capture| {
            capture.set(REPORT, &self.report);
            capture.anchor(self.arrow.elements());
        });
        if let Err(error) = saved {
            eprintln!("not saved: {error:#}");
        }
    }

    pub fn view(&self) -> Element<'_, Message> {
        let tab = |name, page| button(name).on_press_maybe((self.report.page != page).then_some(Message::Turn(page)));
        let tabs = row![
            mark("tabs/journey", tab("Journey", Page::Journey)).label("Journey"),
            mark("tabs/account", tab("Account", Page::Account)).label("Account"),
        ];
        let page = match self.report.page {
            Page::Journey => self.journey(),
            Page::Account => self.account(),
        };
        let content = column![tabs.spacing(10), page].spacing(14).padding([14, 50]).width(Fill).height(Fill);
        self.arrow.wrap(&self.session, content, Message::LeftOff)
    }

    fn journey(&self) -> Element<'_, Message> {
        let Report { traveller, purpose, is_urgent, costs, .. } = &self.report;
        let traveller = field("journey/traveller", "Traveller", traveller, Message::Traveller);
        let purpose = if self.options.next {
            field("journey/purpose-of-journey", "Purpose", purpose, Message::Purpose)
        } else {
            field("journey/purpose", "Purpose", purpose, Message::Purpose)
        };
        let cost = |cost: &Cost| {
            let (path, id) = (format!("journey/costs/{}", cost.id), cost.id);
            let amount = text_input("", &cost.amount).on_input(move |text| Message::Amount(id, text)).width(120);
            let amount = mark(format!("{path}/amount"), amount).label("Amount").breadcrumb([&cost.name]);
            let line = row![text(cost.name.clone()).width(80), amount].spacing(40).padding([2, 0]).align_y(Center);
            mark(path, line).label(&cost.name).role("row").record().into()
        };
        let mut rows: Vec<Element<'_, Message>> = costs.iter().map(cost).collect();
        let mut fields = vec![traveller, purpose];
        if self.options.next {
            rows.reverse();
            fields.reverse();
        } else {
            let urgent = checkbox(*is_urgent).label("Urgent").on_toggle(Message::Urgent);
            fields.push(mark("journey/urgent", urgent).label("Urgent").into());
        }
        let list = scrollable(column(rows).width(Fill)).height(Fill);
        let send = mark("journey/send", button("Send").on_press(Message::Send)).label("Send").done();
        column![column(fields).spacing(12), mark("journey/costs", list).label("Costs"), send].spacing(14).into()
    }

    fn account(&self) -> Element<'_, Message> {
        let pin = text_input("", &self.pin).secure(true).on_input(Message::Pin);
        let pin = row![text("PIN").width(100), mark("account/pin", pin).label("PIN").sensitive()].align_y(Center);
        column![field("account/number", "Account", &self.report.account, Message::Account), pin].spacing(12).into()
    }
}

fn field<'a>(path: &'a str, label: &'a str, value: &str, on_input: fn(String) -> Message) -> Element<'a, Message> {
    let input = mark(path, text_input("", value).on_input(on_input)).label(label);
    row![text(label).width(100), input].align_y(Center).into()
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
