//! The report in two versions of the program.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gtk::gio;
use gtk::glib::BoxedAnyObject;
use gtk::prelude::*;
use leftoff::time::{Clock, Now, SystemClock, Timestamp};
use leftoff::{Capture, Section, Session};
use leftoff_gtk::{Arrow, describe, mark};
use serde::{Deserialize, Serialize};

pub const REPORT: Section<Report> = Section::new("report", 1);

/// What is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub page: String,
    pub traveller: String,
    pub purpose: String,
    pub is_urgent: bool,
    pub costs: Vec<Cost>,
    /// On the second page.
    pub account: String,
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
            page: "journey".to_owned(),
            traveller: String::new(),
            purpose: String::new(),
            is_urgent: false,
            costs: (1..).zip(names).map(cost).collect(),
            account: String::new(),
        }
    }
}

/// The widgets that hold the report.
#[derive(Clone)]
pub struct Form {
    pages: gtk::Stack,
    traveller: gtk::Entry,
    purpose: gtk::Entry,
    urgent: gtk::CheckButton,
    list: gtk::ListView,
    costs: gio::ListStore,
    account: gtk::Entry,
}

impl Form {
    fn read(&self, session: &RefCell<Session>) {
        // Not borrowed while the widgets change.
        let report = session.borrow_mut().get_or_default(REPORT);
        self.traveller.set_text(&report.traveller);
        self.purpose.set_text(&report.purpose);
        self.urgent.set_active(report.is_urgent);
        self.account.set_text(&report.account);
        let costs: Vec<BoxedAnyObject> = report.costs.into_iter().map(BoxedAnyObject::new).collect();
        self.costs.splice(0, self.costs.n_items(), &costs);
        self.pages.set_visible_child_name(&report.page);
    }

    fn report(&self) -> Report {
        let costs = self.costs.iter::<BoxedAnyObject>().flatten().map(|cost| cost.borrow::<Cost>().clone());
        Report {
            page: self.pages.visible_child_name().map(String::from).unwrap_or_default(),
            traveller: self.traveller.text().into(),
            purpose: self.purpose.text().into(),
            is_urgent: self.urgent.is_active(),
            costs: costs.collect(),
            account: self.account.text().into(),
        }
    }

    fn row_of(&self, record: &str) -> Option<u32> {
        let has_id = |cost: BoxedAnyObject| cost.borrow::<Cost>().id.to_string() == record;
        let row = self.costs.iter::<BoxedAnyObject>().flatten().position(has_id)?;
        u32::try_from(row).ok()
    }
}

/// A row with the name and the amount of a cost.
fn rows() -> gtk::SignalListItemFactory {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_setup(|_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 40);
        row.append(&gtk::Label::builder().width_chars(10).xalign(0.0).build());
        let amount = gtk::Entry::new();
        row.append(&amount);
        let item_of = item.downgrade();
        amount.connect_changed(move |amount| {
            let cost = item_of.upgrade().and_then(|item| item.item()).and_downcast::<BoxedAnyObject>();
            if let Some(cost) = cost {
                cost.borrow_mut::<Cost>().amount = amount.text().into();
            }
        });
        item.set_child(Some(&row));
    });
    factory.connect_bind(|_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
        let (Some(row), Some(cost)) = (item.child(), item.item().and_downcast::<BoxedAnyObject>()) else { return };
        let Cost { id, name, amount: value } = cost.borrow::<Cost>().clone();
        let (label, amount) = (row.first_child().and_downcast(), row.last_child().and_downcast());
        let (Some(label), Some(amount)) = (label as Option<gtk::Label>, amount as Option<gtk::Entry>) else { return };
        label.set_text(&name);
        amount.set_text(&value);
        // A row that is used again is another record.
        mark(&row, format!("report/pages/journey/costs/{id}")).label(&name).role("row").record();
        mark(&amount, format!("report/pages/journey/costs/{id}/amount")).label("Amount").breadcrumb([name]);
    });
    factory
}

/// The options of the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Run the next version: another name, another order, one field less.
    pub next: bool,
    pub size: (i32, i32),
}

/// Builds the window, and connects the arrow.
pub fn open(session: &Rc<RefCell<Session>>, options: Options) -> (gtk::Window, Arrow, Form) {
    let mut ui = include_str!("form.ui").to_owned();
    if options.next {
        // The order of the rows, too.
        ui = ui.replace("\"purpose\"", "\"purpose-of-journey\"").replace(">purpose<", ">purpose-of-journey<");
        ui = ui.replace("<property name=\"row\">0<", "<property name=\"row\">9<");
        ui = ui.replace("<property name=\"row\">1<", "<property name=\"row\">0<");
        ui = ui.replace("<property name=\"row\">9<", "<property name=\"row\">1<");
    }
    let builder = gtk::Builder::from_string(&ui);
    let purpose = if options.next { "purpose-of-journey" } else { "purpose" };
    let form = Form {
        pages: builder.object("pages").expect("in form.ui"),
        traveller: builder.object("traveller").expect("in form.ui"),
        purpose: builder.object(purpose).expect("in form.ui"),
        urgent: builder.object("urgent").expect("in form.ui"),
        list: builder.object("costs").expect("in form.ui"),
        costs: gio::ListStore::new::<BoxedAnyObject>(),
        account: builder.object("number").expect("in form.ui"),
    };
    form.list.set_model(Some(&gtk::NoSelection::new(Some(form.costs.clone()))));
    form.list.set_factory(Some(&rows()));
    if options.next {
        form.urgent.unparent();
    }
    form.read(session);

    let root: gtk::Widget = builder.object("report").expect("in form.ui");
    let (width, height) = options.size;
    let window = gtk::Window::builder().title("Journey").default_width(width).default_height(height).build();
    window.set_child(Some(&root));

    let captured = form.clone();
    let arrow = Arrow::attach(&window, session, move |capture: &mut Capture<'_>| {
        capture.set(REPORT, &captured.report());
    });
    let (read, of_form) = (form.clone(), Rc::downgrade(session));
    arrow.on_read_again(move || {
        if let Some(session) = of_form.upgrade() {
            read.read(&session);
        }
    });
    let list = form.clone();
    arrow.add_list(&form.list, move |record| list.row_of(record));

    let send: gtk::Button = builder.object("send").expect("in form.ui");
    describe(&send).done();
    let emptied = form.clone();
    send.connect_clicked(move |_| {
        emptied.traveller.set_text("");
        emptied.purpose.set_text("");
    });
    (window, arrow, form)
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
