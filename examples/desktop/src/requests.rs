//! The requests, as if a server had sent them.

/// One request. Marks and drafts use its id.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: &'static str,
    pub(crate) who: &'static str,
    pub(crate) what: &'static str,
    /// The amount in euros, as the requester wrote it.
    pub(crate) amount: &'static str,
    pub(crate) cost_center: &'static str,
    pub(crate) due: &'static str,
    pub(crate) why: &'static str,
}

impl Request {
    pub(crate) fn euros(&self) -> u32 {
        self.amount.chars().filter_map(|digit| digit.to_digit(10)).fold(0, |sum, digit| sum * 10 + digit)
    }

    /// Identifies what the request says, in every version of the program. A real server has a revision for that.
    pub(crate) fn revision(&self) -> u64 {
        let words = [self.who, self.what, self.amount, self.cost_center, self.due, self.why];
        // FNV-1a, 64 bits, with an end after each text.
        let bytes = words.iter().flat_map(|words| words.bytes().chain([0]));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

#[rustfmt::skip]
const fn request(
    id: &'static str, who: &'static str, what: &'static str, amount: &'static str,
    cost_center: &'static str, due: &'static str, why: &'static str,
) -> Request {
    Request { id, who, what, amount, cost_center, due, why }
}

/// A request that a colleague settled in the meantime.
pub(crate) const GONE: &str = "R-1040";

/// What the server sends in addition, or in place of a request with the same id, after colleagues worked meanwhile.
#[rustfmt::skip]
pub(crate) const MEANWHILE: [Request; 3] = [
    request("R-1033", "Mei Tanaka", "Licenses, design tools", "4 290", "2200 Product", "13 Mar",
        "Thirteen seats for one year: one more than last year."),
    request("R-1061", "Tomas Lindqvist", "Pallet scales", "3 150", "3300 Warehouse", "27 Mar",
        "The old ones failed the calibration."),
    request("R-1062", "Sara Novak", "Language course", "2 700", "1500 People", "27 Mar",
        "Six colleagues, one evening a week."),
];

#[rustfmt::skip]
pub(crate) const REQUESTS: [Request; 30] = [
    request("R-1031", "Ines Abreu", "Trade fair stand, Lyon", "18 400", "4100 Marketing", "12 Mar",
        "Booth C12 with power and a meeting corner. The organizer holds it until Friday."),
    request("R-1032", "Tomas Lindqvist", "Two forklift batteries", "6 250", "3300 Warehouse", "12 Mar",
        "The old ones last four hours. Delivery takes nine days."),
    request("R-1033", "Mei Tanaka", "Licenses, design tools", "3 960", "2200 Product", "13 Mar",
        "Twelve seats for one year, the same as last year."),
    request("R-1034", "Paul Okafor", "Replacement pump P-7", "9 870", "3100 Plant", "13 Mar",
        "P-7 leaks at the seal. The spare covers two weeks at most."),
    request("R-1035", "Sara Novak", "Training, first aid", "1 480", "1500 People", "14 Mar",
        "Eleven colleagues, one day in the house."),
    request("R-1036", "Jonas Weber", "Courier contract", "22 000", "3300 Warehouse", "14 Mar",
        "Annual volume, three percent below the present rate."),
    request("R-1037", "Leila Haddad", "Translation of manuals", "7 300", "2200 Product", "14 Mar",
        "Four languages. The auditors asked for Polish and Czech."),
    request("R-1038", "Marc Dubois", "Office chairs, 2nd floor", "5 120", "1200 Facilities", "17 Mar",
        "Sixteen chairs; the old ones go to the workshop."),
    request("R-1039", "Ana Ruiz", "Customer visit, Porto", "1 940", "4200 Sales", "17 Mar",
        "Two people, three days. Renewal talks with Barros."),
    request("R-1040", "Erik Holm", "Safety audit", "11 600", "3100 Plant", "17 Mar",
        "The same auditors as in the last two years."),
    request("R-1041", "Priya Nair", "Data room, due diligence", "4 300", "1100 Finance", "18 Mar",
        "Six months, with watermarks and an access log."),
    request("R-1042", "Ana Ruiz", "Server hardware, Porto", "12 400", "2100 IT", "18 Mar",
        "Two nodes for the Porto site. The quote from Delmar is valid until the 20th; Ana can ask for a lower price if we order before."),
    request("R-1043", "Owen Clarke", "Legal advice, leases", "8 750", "1100 Finance", "18 Mar",
        "Three leases end this year. Fixed price for all of them."),
    request("R-1044", "Yuki Sato", "Spectrometer service", "6 480", "3200 Laboratory", "19 Mar",
        "Yearly service with new lamps."),
    request("R-1045", "Carla Mendes", "Catering, open day", "2 860", "4100 Marketing", "19 Mar",
        "About two hundred guests."),
    request("R-1046", "Henrik Olsen", "Van lease, 36 months", "19 440", "3300 Warehouse", "19 Mar",
        "Replaces the van from 2017."),
    request("R-1047", "Nora Fischer", "Recruiting fee", "14 000", "1500 People", "20 Mar",
        "Head of maintenance; paid after the trial period."),
    request("R-1048", "Ivan Petrov", "Roof repair, hall 3", "27 900", "1200 Facilities", "20 Mar",
        "Two leaks above the packing line."),
    request("R-1049", "Amina Diallo", "Press subscription", "1 150", "4100 Marketing", "20 Mar",
        "One year, three readers."),
    request("R-1050", "Luca Rossi", "Molds, series K", "33 500", "3100 Plant", "21 Mar",
        "Half on order, half on acceptance."),
    request("R-1051", "Grace Mbeki", "Conference, Vienna", "2 240", "2200 Product", "21 Mar",
        "A talk was accepted; one traveller."),
    request("R-1052", "Felix Braun", "Backup storage", "5 900", "2100 IT", "21 Mar",
        "Space for eighteen months."),
    request("R-1053", "Zoe Martin", "Photo shoot", "4 700", "4100 Marketing", "24 Mar",
        "Two days, all rights."),
    request("R-1054", "Kofi Mensah", "Calibration weights", "1 820", "3200 Laboratory", "24 Mar",
        "Class F1 set with certificate."),
    request("R-1055", "Elena Popescu", "Payroll software", "9 360", "1500 People", "24 Mar",
        "The present one is not kept up after June."),
    request("R-1056", "Rui Carvalho", "Fire doors, hall 1", "16 200", "1200 Facilities", "25 Mar",
        "The insurer asks for them by summer."),
    request("R-1057", "Ingrid Berg", "Market study", "13 800", "4200 Sales", "25 Mar",
        "Three countries, forty interviews."),
    request("R-1058", "Samir Khan", "Laptops, new starters", "10 560", "2100 IT", "26 Mar",
        "Eight machines for April."),
    request("R-1059", "Julia Horvat", "Waste contract", "7 020", "3100 Plant", "26 Mar",
        "Two years, price fixed for the first."),
    request("R-1060", "Ben Adler", "Team day", "1 900", "1500 People", "27 Mar",
        "Twenty-four people, by train."),
];
