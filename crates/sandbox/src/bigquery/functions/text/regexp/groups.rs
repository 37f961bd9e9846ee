//! The named groups of RE2's classes: Perl's, POSIX's and Unicode's.
//!
//! Decides their members. Perl's and POSIX's are ASCII only, whatever the text; it must never let the
//! engine's wider groups of the same name through.

/// Members of `\d`, `\s` and `\w`; RE2's `\s` has no vertical tab.
pub(super) fn perl(letter: char) -> Option<&'static str> {
    Some(match letter.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t\n\x0C\r\x20",
        'w' => "0-9A-Za-z_",
        _ => return None,
    })
}

/// Members of `[:alpha:]` and its kin.
pub(super) fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7F",
        "blank" => r"\t\x20",
        "cntrl" => r"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => r"\x21-\x7E",
        "lower" => "a-z",
        "print" => r"\x20-\x7E",
        "punct" => r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
        "space" => r"\t-\r\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}

/// General categories that both sides know under one name.
const CATEGORIES: &str = " Cc Cf Co L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps \
     S Sc Sk Sm So Z Zl Zp Zs ";

const SCRIPTS: &str = " \
     Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak \
     Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian \
     Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot \
     Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs \
     Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi \
     Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic \
     Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana \
     Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu \
     Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen \
     Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs \
     Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa \
     Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian \
     Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage \
     Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang \
     Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian \
     Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham \
     Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto \
     Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square ";

/// Members of `\p{name}` in the engine's words; names are exact, unlike the engine's.
pub(super) fn unicode(name: &str, bytes: bool) -> Option<String> {
    let members = members(name)?;
    if bytes { Some(latin1(&members)) } else { Some(members) }
}

/// The bytes that are members when read as Latin-1.
fn latin1(members: &str) -> String {
    let Ok(group) = regex::Regex::new(&format!("[{members}]")) else {
        return super::class::NONE.to_owned();
    };
    let inside = |byte: &u8| group.is_match(char::from(*byte).encode_utf8(&mut [0; 4]));
    let listed: String =
        (0..=u8::MAX).filter(inside).map(|byte| format!(r"\x{byte:02X}")).collect();
    if listed.is_empty() { super::class::NONE.to_owned() } else { listed }
}

fn members(name: &str) -> Option<String> {
    let listed = |list: &str| list.contains(&format!(" {name} ")) && !name.contains(' ');
    if listed(CATEGORIES) {
        return Some(format!(r"\p{{{name}}}"));
    }
    if listed(SCRIPTS) {
        return Some(format!(r"\p{{Script={name}}}"));
    }
    match name {
        // RE2 counts no unassigned code points to C.
        "C" => Some(r"\p{Cc}\p{Cf}\p{Co}".to_owned()),
        "Any" => Some(r"\x{0}-\x{10FFFF}".to_owned()),
        // No text holds a surrogate.
        "Cs" => Some(super::class::NONE.to_owned()),
        _ => None,
    }
}
