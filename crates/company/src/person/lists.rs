//! Word lists the persons are put together from: common names, invented streets, reserved domains.
//!
//! Names are combined at random and belong to nobody. A list must never hold a full name.

/// Given names.
pub(crate) const GIVEN: [&str; 72] = [
    "Aaliyah", "Adrian", "Agnes", "Aisha", "Alma", "Amir", "Anders", "Anya", "Arjun", "Astrid",
    "Beatriz", "Bruno", "Camille", "Carlos", "Cecilia", "Chen", "Clara", "Colin", "Daniela",
    "Dario", "Delphine", "Diego", "Edith", "Elias", "Emeka", "Erika", "Esra", "Fatima", "Felix",
    "Freya", "Gabriel", "Giulia", "Hana", "Hassan", "Helena", "Hugo", "Imani", "Ines", "Ivan",
    "Jasmin", "Joana", "Joel", "Kaito", "Karina", "Leila", "Leon", "Lucia", "Magnus", "Malik",
    "Marta", "Mateo", "Maya", "Milan", "Nadia", "Naomi", "Niklas", "Olga", "Omar", "Paula",
    "Priya", "Rafael", "Renata", "Samir", "Selma", "Sofia", "Tariq", "Teresa", "Thandi", "Tomas",
    "Vera", "Wei", "Yara",
];

/// Family names.
pub(crate) const FAMILY: [&str; 72] = [
    "Abara",
    "Acosta",
    "Adler",
    "Ahmadi",
    "Almeida",
    "Andersson",
    "Aydin",
    "Bakker",
    "Barbosa",
    "Baumann",
    "Becker",
    "Bergstrom",
    "Blanc",
    "Cardoso",
    "Castro",
    "Chaudhry",
    "Costa",
    "Dahl",
    "Delgado",
    "Dietrich",
    "Dubois",
    "Eze",
    "Farouk",
    "Fernandes",
    "Fischer",
    "Fournier",
    "Garcia",
    "Gallo",
    "Haddad",
    "Hansen",
    "Hartmann",
    "Herrera",
    "Holm",
    "Ibarra",
    "Ivanova",
    "Jansen",
    "Jimenez",
    "Kaya",
    "Keller",
    "Kimura",
    "Kovacs",
    "Kruger",
    "Lambert",
    "Larsen",
    "Lemaire",
    "Lindgren",
    "Lopes",
    "Mancini",
    "Marino",
    "Mensah",
    "Molina",
    "Mwangi",
    "Nakata",
    "Navarro",
    "Nielsen",
    "Nowak",
    "Oduya",
    "Okeke",
    "Olsen",
    "Pereira",
    "Petit",
    "Quispe",
    "Ramos",
    "Richter",
    "Rossi",
    "Sandoval",
    "Schuster",
    "Silva",
    "Sokolov",
    "Tamura",
    "Vargas",
    "Zimmer",
];

/// Domains of personal addresses; all reserved for documentation and tests.
pub(crate) const DOMAINS: [&str; 7] = [
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "inbox.example",
    "post.test",
    "web.example.org",
];

/// Street names of English-speaking places.
pub(crate) const STREETS_EN: [&str; 12] = [
    "Alder",
    "Birchwood",
    "Canal",
    "Dogwood",
    "Elmhurst",
    "Foundry",
    "Granary",
    "Harbor",
    "Juniper",
    "Lantern",
    "Millrace",
    "Orchard",
];

/// Kinds of streets behind those names.
pub(crate) const STREET_KINDS: [&str; 6] = ["St", "Ave", "Rd", "Ln", "Blvd", "Court"];

/// Streets of German-speaking places.
pub(crate) const STREETS_DE: [&str; 8] = [
    "Ahornweg",
    "Am Mühlbach",
    "Birkenallee",
    "Brunnenstraße",
    "Fliederweg",
    "Lindenstraße",
    "Schulstraße",
    "Ziegelgasse",
];

/// Streets of French-speaking places.
pub(crate) const STREETS_FR: [&str; 6] = [
    "rue de la Fontaine",
    "rue des Tilleuls",
    "avenue du Parc",
    "chemin des Vignes",
    "place du Marché",
    "rue de l'Église",
];

/// Streets of Spanish- and Portuguese-speaking places.
pub(crate) const STREETS_ES: [&str; 6] = [
    "Calle del Olmo",
    "Calle Nueva",
    "Avenida del Puerto",
    "Rua das Flores",
    "Plaza Mayor",
    "Paseo del Prado",
];

/// Cities of the United States with state and first digits of the zip code.
pub(crate) const CITIES_US: [(&str, &str, &str); 8] = [
    ("Albany", "NY", "122"),
    ("Boise", "ID", "837"),
    ("Columbus", "OH", "432"),
    ("Denver", "CO", "802"),
    ("Madison", "WI", "537"),
    ("Omaha", "NE", "681"),
    ("Raleigh", "NC", "276"),
    ("Tucson", "AZ", "857"),
];

/// Cities elsewhere, by country.
pub(crate) const CITIES: [(&str, &str); 18] = [
    ("CA", "Halifax"),
    ("CA", "Calgary"),
    ("GB", "Leeds"),
    ("GB", "Bristol"),
    ("GB", "Norwich"),
    ("DE", "Kassel"),
    ("DE", "Ulm"),
    ("DE", "Rostock"),
    ("FR", "Angers"),
    ("FR", "Dijon"),
    ("FR", "Nantes"),
    ("ES", "Burgos"),
    ("ES", "Murcia"),
    ("NL", "Breda"),
    ("NL", "Zwolle"),
    ("NL", "Utrecht"),
    ("BR", "Recife"),
    ("BR", "Curitiba"),
];

/// Area codes of North America that are in use.
pub(crate) const AREA_CODES: [&str; 24] = [
    "201", "206", "212", "215", "303", "312", "402", "404", "415", "503", "504", "512", "602",
    "612", "617", "619", "702", "713", "801", "813", "816", "901", "916", "919",
];
