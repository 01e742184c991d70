//! An article as a page to look at: who and what it names, who said what, and who is quoted how much. One HTML file that needs nothing else.
//!
//! usage: highlight [--variety nb|nn] [-o PAGE.html] [FILE]
//!
//! `-` is standard input; without a file, a shipped article; without `-o`, to standard output. The page can be read without JavaScript, which
//! only adds what is shown on hover and focus, and the switches of language and colours. `examples/highlight/check.py` tries it in Chromium.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::io::{Read, Write as _};

use spalte::{Article, BlockKind, Date, Document, Entity, EntityKind, MentionForm, Pipeline, Quote, QuoteKind, Span, TokenKind, Variety};

const CSS: &str = include_str!("highlight/page.css");
const JS: &str = include_str!("highlight/page.js");

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Pipeline::builder();
    let (mut file, mut page) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--variety" => builder = builder.variety(arguments.next().ok_or("--variety wants nb or nn")?.parse()?),
            "-o" => page = Some(arguments.next().ok_or("-o wants a file")?),
            _ if file.is_none() => file = Some(argument),
            _ => return Err("usage: highlight [--variety nb|nn] [-o PAGE.html] [FILE]".into()),
        }
    }
    let file = file.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles/ntb_nb.txt").to_owned());
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
    }
    let html = Page::of(&builder.build().annotate(Article::from_text(text)));
    match page {
        Some(page) => std::fs::write(&page, html).map_err(|e| format!("{page}: {e}"))?,
        None => std::io::stdout().lock().write_all(html.as_bytes())?,
    }
    Ok(())
}

/// A word of the page in Bokmål, Nynorsk and English.
type Words = [&'static str; 3];

const SKIP: Words = ["Hopp til artikkelen", "Hopp til artikkelen", "Skip to the article"];
const LEGEND: Words = ["Tegnforklaring", "Teiknforklaring", "Legend"];
const QUOTED: Words = ["Hvem er sitert", "Kven er sitert", "Who is quoted"];
const SAID: Words = ["Hvem sa hva", "Kven sa kva", "Who said what"];
const NAMED: Words = ["Hvem og hva er nevnt", "Kven og kva er nemnt", "Who and what is mentioned"];
const NOBODY: Words = ["Ingen er sitert.", "Ingen er sitert.", "Nobody is quoted."];
const NOTHING: Words = ["Ingen er nevnt ved navn.", "Ingen er nemnd ved namn.", "Nobody is named."];
const UNKNOWN: Words = ["Ikke oppgitt", "Ikkje oppgitt", "Not told"];
const UNTITLED: Words = ["Uten tittel", "Utan tittel", "Untitled"];
const DARK: Words = ["Mørk", "Mørk", "Dark"];
const QUOTE: Words = ["Sitat", "Sitat", "Quote"];
const FACTS: Words = ["Faktaboks", "Faktaboks", "Fact box"];
const CAPTION: Words = ["Bildetekst", "Bilettekst", "Caption"];
const CUE: Words = ["uttrykk", "uttrykk", "cue"];
const SOURCE: Words = ["kilde", "kjelde", "source"];
const TO: Words = ["til", "til", "to"];
const OTHERS: Words = ["andre", "andre", "others"];
const DIRECT: Words = ["direkte sitert", "direkte sitert", "quoted directly"];
const REPORTED: Words = ["gjengitt", "attgjeve", "reported"];
const CHART: Words = [
    "Ord som hver er sitert med. Tallene står også i listen under.",
    "Ord som kvar er sitert med. Tala står òg i lista under.",
    "Words quoted of each. The list below has the numbers too.",
];
const MADE: Words = ["Laget med", "Laga med", "Made with"];
const LINKS: Words = ["Roller og pronomen", "Roller og pronomen", "Roles and pronouns"];

/// A kind of name: its class, its words for one and for many.
fn kind_words(kind: EntityKind) -> (&'static str, Words, Words) {
    match kind {
        EntityKind::Per => ("per", ["person", "person", "person"], ["Personer", "Personar", "People"]),
        EntityKind::Org => ("org", ["organisasjon", "organisasjon", "organisation"], ["Organisasjoner", "Organisasjonar", "Organisations"]),
        EntityKind::Gpe => {
            ("gpe", ["land eller by", "land eller by", "country or town"], ["Land og byer", "Land og byar", "Countries and towns"])
        }
        EntityKind::Loc => ("loc", ["sted", "stad", "place"], ["Steder", "Stader", "Places"]),
        EntityKind::Prod => (
            "prod",
            ["verk eller produkt", "verk eller produkt", "work or product"],
            ["Verk og produkter", "Verk og produkt", "Works and products"],
        ),
        EntityKind::Evt => ("evt", ["hendelse", "hending", "event"], ["Hendelser", "Hendingar", "Events"]),
        EntityKind::Drv => {
            ("drv", ["avledet av navn", "avleidd av namn", "made from a name"], ["Avledet av navn", "Avleidde av namn", "Made from names"])
        }
        _ => ("misc", ["annet navn", "anna namn", "other name"], ["Andre navn", "Andre namn", "Other names"]),
    }
}

fn quote_words(kind: QuoteKind) -> Words {
    match kind {
        QuoteKind::Direct => ["direkte", "direkte", "direct"],
        QuoteKind::Mixed => ["blandet", "blanda", "mixed"],
        _ => ["indirekte", "indirekte", "indirect"],
    }
}

/// What a stretch of the article is, outermost first: what encloses a link may not be a link itself, so mentions come last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Quote(usize),
    /// Of these quotes: an index into `Page::shared`.
    Source(usize),
    Cue(usize),
    Mention(usize),
}

struct Page<'d> {
    doc: &'d Document,
    /// Stretches that are the source or cue of several quotes, each once.
    shared: Vec<Vec<usize>>,
    marks: Vec<(Span, Layer)>,
    /// Who speaks, in order; with the quotes, whoever is not told last.
    speakers: Vec<(Option<usize>, Vec<usize>)>,
    /// Words said directly and reported, of each of the speakers.
    words: Vec<(usize, usize)>,
    html: String,
}

impl<'d> Page<'d> {
    fn of(doc: &'d Document) -> String {
        let mut page = Page { doc, shared: Vec::new(), marks: Vec::new(), speakers: Vec::new(), words: Vec::new(), html: String::new() };
        page.read();
        page.write();
        page.html
    }

    /// Gathers what is marked in the text, and who says what.
    fn read(&mut self) {
        let doc = self.doc;
        self.marks.extend(doc.mentions().iter().enumerate().map(|(i, m)| (m.span, Layer::Mention(i))));
        let mut shared: BTreeMap<(bool, Span), usize> = BTreeMap::new();
        for (i, quote) in doc.quotes().iter().enumerate() {
            self.marks.extend(quote.content.iter().map(|&span| (span, Layer::Quote(i))));
            for (cue, span) in [(false, quote.source), (true, quote.cue)] {
                let Some(span) = span else { continue };
                let at = *shared.entry((cue, span)).or_insert_with(|| {
                    self.shared.push(Vec::new());
                    self.marks.push((span, if cue { Layer::Cue(self.shared.len() - 1) } else { Layer::Source(self.shared.len() - 1) }));
                    self.shared.len() - 1
                });
                self.shared[at].push(i);
            }
        }
        self.marks.sort_by_key(|&(span, layer)| (span.start(), layer));
        let mut order: BTreeMap<usize, usize> = BTreeMap::new();
        let mut untold = Vec::new();
        for (i, quote) in doc.quotes().iter().enumerate() {
            match quote.speaker {
                Some(entity) => {
                    let at = *order.entry(entity).or_insert_with(|| {
                        self.speakers.push((Some(entity), Vec::new()));
                        self.speakers.len() - 1
                    });
                    self.speakers[at].1.push(i);
                }
                None => untold.push(i),
            }
        }
        if !untold.is_empty() {
            self.speakers.push((None, untold));
        }
        self.words = self.speakers.iter().map(|(_, quotes)| count(doc, quotes)).collect();
    }

    fn write(&mut self) {
        let doc = self.doc;
        let title = doc.title().map_or_else(String::new, one_line);
        let (lang, chosen) = (doc.variety().code(), if doc.variety() == Variety::Nynorsk { "nn" } else { "nb" });
        self.put(format_args!(
            "<!DOCTYPE html>\n<html lang=\"{chosen}\" data-norwegian=\"{chosen}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
             <title>{} – spalte</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n",
            escape(if title.is_empty() { UNTITLED[0] } else { &title })
        ));
        self.put(format_args!("<a class=\"skip\" href=\"#article\">"));
        self.ui(SKIP);
        self.html.push_str("</a>\n<header class=\"top\">\n<p class=\"brand\">spalte</p>\n<div class=\"switches\" hidden>\n<button type=\"button\" id=\"language\" lang=\"en\">English</button>\n<button type=\"button\" id=\"dark\" aria-pressed=\"false\">");
        self.ui(DARK);
        self.html.push_str("</button>\n</div>\n</header>\n<div class=\"page\">\n");
        self.put(format_args!("<main id=\"article\" tabindex=\"-1\">\n"));
        self.legend();
        self.put(format_args!("<article lang=\"{lang}\">\n"));
        self.article();
        self.html.push_str("</article>\n</main>\n<div class=\"side\">\n");
        self.chart();
        self.said();
        self.names();
        self.html.push_str("</div>\n</div>\n<footer><p>");
        self.ui(MADE);
        self.html.push_str(" <b>spalte</b></p></footer>\n<div id=\"card\" aria-hidden=\"true\" hidden></div>\n<svg id=\"thread\" aria-hidden=\"true\" focusable=\"false\"><path d=\"\"/></svg>\n");
        self.put(format_args!("<script>\n{JS}</script>\n</body>\n</html>\n"));
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        let _ = self.html.write_fmt(what);
    }

    /// Words of the page, in the article's Norwegian and in English; the style sheet shows one.
    fn ui(&mut self, words: Words) {
        let html = both(self.doc, words);
        self.html.push_str(&html);
    }

    fn legend(&mut self) {
        self.html.push_str("<section class=\"legend\" aria-labelledby=\"h-legend\">\n<h2 id=\"h-legend\" class=\"hidden\">");
        self.ui(LEGEND);
        self.html.push_str("</h2>\n<ul>\n");
        for &kind in EntityKind::ALL {
            if self.doc.mentions().iter().any(|m| m.is_name() && m.kind == kind) {
                let (class, _, many) = kind_words(kind);
                self.put(format_args!(
                    "<li><button type=\"button\" aria-pressed=\"true\" data-layer=\"{class}\" disabled><span class=\"m {class}\">"
                ));
                self.ui(many);
                self.html.push_str("</span></button></li>\n");
            }
        }
        if self.doc.mentions().iter().any(|m| !m.is_name()) {
            self.html.push_str("<li><button type=\"button\" aria-pressed=\"true\" data-layer=\"link\" disabled><span class=\"m link\">");
            self.ui(LINKS);
            self.html.push_str("</span></button></li>\n");
        }
        for kind in [QuoteKind::Direct, QuoteKind::Mixed, QuoteKind::Indirect] {
            if self.doc.quotes().iter().any(|q| q.kind == kind) {
                self.put(format_args!(
                    "<li><button type=\"button\" aria-pressed=\"true\" data-layer=\"{kind}\" disabled><span class=\"q {kind}\">"
                ));
                self.ui(match kind {
                    QuoteKind::Direct => ["Direkte sitat", "Direkte sitat", "Direct quotes"],
                    QuoteKind::Mixed => ["Blandede sitat", "Blanda sitat", "Mixed quotes"],
                    _ => ["Indirekte sitat", "Indirekte sitat", "Indirect quotes"],
                });
                self.html.push_str("</span></button></li>\n");
            }
        }
        self.html.push_str("</ul>\n</section>\n");
    }

    fn article(&mut self) {
        let doc = self.doc;
        if let Some(date) = doc.published() {
            self.put(format_args!("<p class=\"date\"><time datetime=\"{date}\">"));
            let html = both_of(doc, &long(date, 0), &long(date, 1), &long(date, 2));
            self.put(format_args!("{html}</time></p>\n"));
        }
        let title = doc.blocks().iter().position(|b| b.kind == BlockKind::Title);
        if title.is_none() {
            self.html.push_str("<h1 class=\"hidden\">");
            self.ui(UNTITLED);
            self.html.push_str("</h1>\n");
        }
        let mut marks = std::mem::take(&mut self.marks).into_iter().peekable();
        let mut seen = BTreeSet::new();
        let mut open: Option<BlockKind> = None;
        for (i, block) in doc.blocks().iter().enumerate() {
            let group = matches!(block.kind, BlockKind::ListItem | BlockKind::Factbox).then_some(block.kind);
            if open != group {
                match open {
                    Some(BlockKind::ListItem) => self.html.push_str("</ul>\n"),
                    Some(_) => self.html.push_str("</section>\n"),
                    None => {}
                }
                match group {
                    Some(BlockKind::ListItem) => self.html.push_str("<ul class=\"items\">\n"),
                    Some(_) => {
                        self.put(format_args!("<section class=\"factbox\" aria-labelledby=\"f{i}\">\n<p class=\"hidden\" id=\"f{i}\">"));
                        self.ui(FACTS);
                        self.html.push_str("</p>\n");
                    }
                    None => {}
                }
                open = group;
            }
            let (before, after) = match block.kind {
                BlockKind::Meta if doc.published().is_some() => ("", ""),
                BlockKind::Title if Some(i) == title => ("<h1 dir=\"auto\">", "</h1>"),
                BlockKind::Title | BlockKind::Heading => ("<h2 dir=\"auto\">", "</h2>"),
                BlockKind::Lead => ("<p class=\"lead\" dir=\"auto\">", "</p>"),
                BlockKind::ListItem => ("<li dir=\"auto\">", "</li>"),
                BlockKind::Caption => ("<div class=\"caption\" dir=\"auto\"><p class=\"kicker\">", "</p></div>"),
                BlockKind::Byline | BlockKind::Meta => ("<p class=\"byline\" dir=\"auto\">", "</p>"),
                BlockKind::Credit => ("<p class=\"credit\" dir=\"auto\">", "</p>"),
                _ => ("<p dir=\"auto\">", "</p>"),
            };
            let mut here = Vec::new();
            while let Some(mark) = marks.next_if(|(span, _)| span.start() < block.span.end()) {
                here.push(mark);
            }
            if before.is_empty() {
                continue;
            }
            self.html.push_str(before);
            if block.kind == BlockKind::Caption {
                self.ui(CAPTION);
                self.html.push_str("</p><p>");
            }
            self.text(block.span, &here, &mut seen);
            self.html.push_str(after);
            self.html.push('\n');
        }
        match open {
            Some(BlockKind::ListItem) => self.html.push_str("</ul>\n"),
            Some(_) => self.html.push_str("</section>\n"),
            None => {}
        }
    }

    /// The text of a block with its marks, which may overlap: elements are closed and opened again where others begin or end, so that they
    /// always nest. `seen` holds those that have their `id`.
    fn text(&mut self, block: Span, marks: &[(Span, Layer)], seen: &mut BTreeSet<Layer>) {
        let mut edges: Vec<usize> = marks.iter().flat_map(|(s, _)| [s.start(), s.end()]).chain([block.start(), block.end()]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut starting = marks.iter().peekable();
        let mut active: BTreeMap<Layer, usize> = BTreeMap::new();
        let mut open: Vec<Layer> = Vec::new();
        for pair in edges.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let ended: Vec<Layer> = active.iter().filter(|&(_, &e)| e <= start).map(|(&layer, _)| layer).collect();
            active.retain(|_, e| *e > start);
            while let Some((span, layer)) = starting.next_if(|(s, _)| s.start() <= start) {
                active.insert(*layer, span.end());
            }
            let common = open.iter().zip(active.keys()).take_while(|(a, b)| a == b).count();
            self.close(&mut open, common, &ended, start);
            for &layer in active.keys().skip(common) {
                self.open(layer, seen.insert(layer));
                open.push(layer);
            }
            let doc = self.doc;
            self.html.push_str(&escape(&doc[Span::new(start, end)]));
        }
        let ended: Vec<Layer> = active.keys().copied().collect();
        self.close(&mut open, 0, &ended, block.end());
    }

    fn close(&mut self, open: &mut Vec<Layer>, keep: usize, ended: &[Layer], at: usize) {
        while open.len() > keep {
            let Some(layer) = open.pop() else { return };
            match layer {
                Layer::Mention(_) => self.html.push_str("</a>"),
                Layer::Quote(i) => {
                    if ended.contains(&layer) && self.doc.quotes()[i].content.last().is_some_and(|s| s.end() == at) {
                        self.number(i);
                    }
                    self.html.push_str("</span>");
                }
                Layer::Source(_) | Layer::Cue(_) => self.html.push_str("</span>"),
            }
        }
    }

    fn open(&mut self, layer: Layer, first: bool) {
        let doc = self.doc;
        match layer {
            Layer::Quote(i) => {
                let quote = &doc.quotes()[i];
                self.put(format_args!("<span class=\"q {}\" data-q=\"{i}\"", quote.kind));
                if let Some(speaker) = quote.speaker {
                    self.put(format_args!(" data-s=\"{speaker}\""));
                }
                if first {
                    self.put(format_args!(" id=\"q{i}\""));
                }
                self.html.push('>');
            }
            Layer::Source(at) | Layer::Cue(at) => {
                let class = if matches!(layer, Layer::Cue(_)) { "cue" } else { "source" };
                let quotes: Vec<String> = self.shared[at].iter().map(usize::to_string).collect();
                self.put(format_args!("<span class=\"{class}\" data-q=\"{}\">", quotes.join(" ")));
            }
            Layer::Mention(i) => {
                let mention = &doc.mentions()[i];
                let (class, one, _) = kind_words(mention.kind);
                let link = if mention.form == MentionForm::Name { "" } else { " link" };
                let entity = mention.entity;
                self.put(format_args!("<a class=\"m {class}{link}\" href=\"#e{entity}\" data-e=\"{entity}\""));
                if first {
                    self.put(format_args!(" id=\"m{i}\""));
                } else {
                    self.html.push_str(" tabindex=\"-1\"");
                }
                let name = doc.entities().get(entity).map_or("", |e| e.name.as_str());
                let of = one[usize::from(doc.variety() == Variety::Nynorsk)];
                self.put(format_args!(
                    " title=\"{}, {of}\" data-title=\"{}, {}\">",
                    escape(&one_line(name)),
                    escape(&one_line(name)),
                    one[2]
                ));
            }
        }
    }

    /// The number at the end of a quote, which leads to it in the list.
    fn number(&mut self, quote: usize) {
        let doc = self.doc;
        let speaker = doc.speaker(&doc.quotes()[quote]).map(|e| escape(&one_line(&e.name)));
        self.put(format_args!("<a class=\"n\" href=\"#s{quote}\" data-q=\"{quote}\"><span class=\"hidden\">"));
        self.ui(QUOTE);
        self.put(format_args!(" </span>{}<span class=\"hidden\">, ", quote + 1));
        match speaker {
            Some(name) => self.html.push_str(&name),
            None => self.ui(UNKNOWN),
        }
        self.html.push_str("</span></a>");
    }

    /// Who is quoted how much, as bars: words said directly are filled, reported ones hatched.
    fn chart(&mut self) {
        let doc = self.doc;
        self.html.push_str("<section aria-labelledby=\"h-quoted\">\n<h2 id=\"h-quoted\">");
        self.ui(QUOTED);
        self.html.push_str("</h2>\n");
        let mut order: Vec<usize> = (0..self.speakers.len()).collect();
        order.sort_by_key(|&i| (std::cmp::Reverse(self.words[i].0 + self.words[i].1), i));
        if order.is_empty() {
            self.html.push_str("<p>");
            self.ui(NOBODY);
            self.html.push_str("</p>\n</section>\n");
            return;
        }
        const ROWS: usize = 8;
        let (rows, others) = order.split_at(order.len().min(ROWS));
        // Name, mark and words of each bar.
        let mut bars: Vec<(String, String, (usize, usize))> = Vec::new();
        for &i in rows {
            let (name, mark) = match self.speakers[i].0 {
                Some(entity) => (escape(&short(&one_line(&doc.entities()[entity].name), 34)), format!(" data-e=\"{entity}\"")),
                None => (both_in_svg(doc, UNKNOWN), String::new()),
            };
            bars.push((name, mark, self.words[i]));
        }
        if !others.is_empty() {
            let rest = others.iter().fold((0, 0), |sum, &i| (sum.0 + self.words[i].0, sum.1 + self.words[i].1));
            bars.push((both_in_svg(doc, OTHERS), String::new(), rest));
        }
        let most = bars.iter().map(|(.., words)| words.0 + words.1).max().unwrap_or(1).max(1);
        let (width, row) = (320.0, 42);
        self.put(format_args!(
            "<svg class=\"bars\" viewBox=\"0 0 320 {}\" role=\"img\" aria-labelledby=\"h-quoted\" aria-describedby=\"chart-note\">\n\
             <defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect class=\"ground\" width=\"5\" height=\"5\"/><rect class=\"stripe\" width=\"2\" height=\"5\"/></pattern></defs>\n",
            bars.len() * row
        ));
        for (n, (name, mark, (direct, reported))) in bars.into_iter().enumerate() {
            let y = n * row;
            let part = |words: usize| words as f64 / most as f64 * width;
            self.put(format_args!(
                "<g class=\"bar\"{mark}><text x=\"0\" y=\"{}\">{name}</text><text class=\"count\" x=\"320\" y=\"{}\" text-anchor=\"end\">{} {}</text>",
                y + 14,
                y + 14,
                direct + reported,
                both_in_svg(doc, ["ord", "ord", if direct + reported == 1 { "word" } else { "words" }]),
            ));
            self.put(format_args!(
                "<rect class=\"direct\" x=\"0\" y=\"{0}\" width=\"{1:.1}\" height=\"12\"/><rect class=\"reported\" x=\"{1:.1}\" y=\"{0}\" width=\"{2:.1}\" height=\"12\"/></g>\n",
                y + 20,
                part(direct),
                part(reported),
            ));
        }
        self.html.push_str("</svg>\n<p class=\"keys\"><span class=\"key direct\"></span> ");
        self.ui(DIRECT);
        self.html.push_str(" <span class=\"key reported\"></span> ");
        self.ui(REPORTED);
        self.html.push_str("</p>\n<p class=\"note\" id=\"chart-note\">");
        self.ui(CHART);
        self.html.push_str("</p>\n</section>\n");
    }

    fn said(&mut self) {
        let doc = self.doc;
        self.html.push_str("<section aria-labelledby=\"h-said\">\n<h2 id=\"h-said\">");
        self.ui(SAID);
        self.html.push_str("</h2>\n");
        if self.speakers.is_empty() {
            self.html.push_str("<p>");
            self.ui(NOBODY);
            self.html.push_str("</p>\n");
        }
        for (at, (speaker, quotes)) in self.speakers.clone().into_iter().enumerate() {
            self.html.push_str("<section class=\"speaker\">\n<h3>");
            match speaker {
                Some(entity) => self.name(entity),
                None => self.ui(UNKNOWN),
            }
            self.html.push_str("</h3>\n<p class=\"about\">");
            if let Some(entity) = speaker {
                let about = about(doc, entity);
                if !about.is_empty() {
                    self.put(format_args!("<span lang=\"{}\">{}</span> · ", doc.variety(), escape(&about)));
                }
            }
            let (many, words) = (quotes.len(), self.words[at].0 + self.words[at].1);
            let html = both_of(
                doc,
                &format!("{many} {}, {words} ord", if many == 1 { "sitat" } else { "sitater" }),
                &format!("{many} sitat, {words} ord"),
                &format!("{many} {}, {words} {}", if many == 1 { "quote" } else { "quotes" }, if words == 1 { "word" } else { "words" }),
            );
            self.html.push_str(&html);
            self.html.push_str("</p>\n<ul>\n");
            for i in quotes {
                self.quote(i, &doc.quotes()[i]);
            }
            self.html.push_str("</ul>\n</section>\n");
        }
        self.html.push_str("</section>\n");
    }

    fn quote(&mut self, i: usize, quote: &Quote) {
        let doc = self.doc;
        let parts: Vec<String> = quote.content.iter().map(|&s| escape(&one_line(&doc[s]))).collect();
        let variety = doc.variety();
        self.put(format_args!(
            "<li id=\"s{i}\" data-q=\"{i}\"><p class=\"words\" lang=\"{variety}\" dir=\"auto\"><a class=\"n\" href=\"#q{i}\" data-q=\"{i}\"><span class=\"hidden\">"
        ));
        self.ui(QUOTE);
        self.put(format_args!(" </span>{}</a> {}</p><p class=\"how\">", i + 1, parts.join(" … ")));
        self.ui(quote_words(quote.kind));
        for (label, span) in [(CUE, quote.cue), (SOURCE, quote.source), (TO, quote.addressee)] {
            let Some(span) = span else { continue };
            self.html.push_str(" · ");
            self.ui(label);
            self.put(format_args!(" <i lang=\"{variety}\"><bdi>{}</bdi></i>", escape(&one_line(&doc[span]))));
        }
        self.html.push_str("</p></li>\n");
    }

    fn names(&mut self) {
        let doc = self.doc;
        self.html.push_str("<section aria-labelledby=\"h-named\">\n<h2 id=\"h-named\">");
        self.ui(NAMED);
        self.html.push_str("</h2>\n");
        if doc.entities().is_empty() {
            self.html.push_str("<p>");
            self.ui(NOTHING);
            self.html.push_str("</p>\n");
        }
        for &kind in EntityKind::ALL {
            let (class, _, many) = kind_words(kind);
            let of_kind: Vec<usize> = (0..doc.entities().len()).filter(|&e| doc.entities()[e].kind == kind).collect();
            if of_kind.is_empty() {
                continue;
            }
            self.html.push_str("<h3>");
            self.ui(many);
            self.put(format_args!("</h3>\n<ul class=\"names {class}\">\n"));
            for entity in of_kind {
                self.put(format_args!("<li id=\"e{entity}\" data-e=\"{entity}\">"));
                self.name(entity);
                let about = about(doc, entity);
                if !about.is_empty() {
                    self.put(format_args!(" <span class=\"about\" lang=\"{}\">{}</span>", doc.variety(), escape(&about)));
                }
                let mentions = doc.entities()[entity].mentions.len();
                if mentions > 1 {
                    self.put(format_args!(" <span class=\"count\">{mentions}×</span>"));
                }
                self.html.push_str("</li>\n");
            }
            self.html.push_str("</ul>\n");
        }
        self.html.push_str("</section>\n");
    }

    /// The name of an entity, linked to its first mention.
    fn name(&mut self, index: usize) {
        let doc = self.doc;
        let entity: &Entity = &doc.entities()[index];
        let name = escape(&one_line(&entity.name));
        let (class, ..) = kind_words(entity.kind);
        let variety = doc.variety();
        match entity.mentions.first() {
            Some(m) => {
                self.put(format_args!("<a class=\"m {class}\" href=\"#m{m}\" data-e=\"{index}\" lang=\"{variety}\"><bdi>{name}</bdi></a>"))
            }
            None => self.put(format_args!("<span class=\"m {class}\" data-e=\"{index}\" lang=\"{variety}\"><bdi>{name}</bdi></span>")),
        }
    }
}

/// Roles and party.
fn about(doc: &Document, entity: usize) -> String {
    let mut about: Vec<String> = doc.entities()[entity].roles.iter().map(|r| one_line(r)).collect();
    about.extend(doc.party(entity).map(str::to_owned));
    about.join(", ")
}

/// How many words the quotes of one speaker hold: directly, and reported; what stands inside another counts once.
fn count(doc: &Document, quotes: &[usize]) -> (usize, usize) {
    let (mut direct, mut reported, mut at) = (0, 0, 0);
    for quote in quotes.iter().map(|&i| &doc.quotes()[i]) {
        for span in &quote.content {
            let from = doc.tokens().partition_point(|t| t.span.start() < span.start().max(at));
            let to = doc.tokens().partition_point(|t| t.span.start() < span.end());
            let words = doc.tokens().get(from..to).unwrap_or_default().iter().filter(|t| {
                matches!(t.kind, TokenKind::Word | TokenKind::Abbreviation | TokenKind::Number | TokenKind::Ordinal | TokenKind::Url)
            });
            *(if quote.kind == QuoteKind::Direct { &mut direct } else { &mut reported }) += words.count();
            at = at.max(span.end());
        }
    }
    (direct, reported)
}

fn both(doc: &Document, words: Words) -> String {
    both_of(doc, words[0], words[1], words[2])
}

/// Text of the page in two languages: `ui` is what the style sheet chooses between.
fn both_of(doc: &Document, nb: &str, nn: &str, en: &str) -> String {
    let variety = doc.variety();
    let norwegian = if variety == Variety::Nynorsk { nn } else { nb };
    format!("<span class=\"ui\" lang=\"{variety}\">{norwegian}</span><span class=\"ui\" lang=\"en\">{en}</span>")
}

fn both_in_svg(doc: &Document, words: Words) -> String {
    both(doc, words).replace("span", "tspan")
}

/// A date in words.
fn long(date: Date, language: usize) -> String {
    const MONTHS: [[&str; 12]; 2] = [
        ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"],
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    ];
    let month = MONTHS[usize::from(language == 2)][usize::from(date.month() - 1)];
    match (date.day(), language) {
        (Some(day), 2) => format!("{day} {month} {}", date.year()),
        (Some(day), _) => format!("{day}. {month} {}", date.year()),
        (None, _) => format!("{month} {}", date.year()),
    }
}

/// Text as it may stand anywhere in HTML, attributes included. Control characters, which HTML forbids, become U+FFFD; those that turn the
/// direction of writing are left out, for one that is not closed would turn all that follows.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            '\r' => out.push('\n'),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() || (u32::from(c) & 0xFFFE) == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// The text on one line, without soft hyphens.
fn one_line(text: &str) -> String {
    text.replace('\u{AD}', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

    fn page(text: &str) -> (Document, String) {
        let doc = PIPELINE.annotate(text);
        let html = Page::of(&doc);
        (doc, html)
    }

    /// Reads the page as strictly as we write it: every element is closed where it should be, no link stands inside another, each `id` stands
    /// once and each link leads to one. Returns the text of `<article>` without what the page itself says, and how often each element stands.
    fn read(html: &str) -> (String, HashMap<String, usize>) {
        let mut stack: Vec<(String, bool)> = Vec::new();
        let (mut text, mut elements) = (String::new(), HashMap::new());
        let (mut ids, mut links) = (HashSet::new(), HashSet::new());
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            let inside = |name: &str| stack.iter().any(|(n, _)| n == name);
            if inside("article") && !stack.iter().any(|(_, own)| *own) {
                text += &rest[..at];
            }
            rest = &rest[at + 1..];
            let raw = stack.last().map(|(n, _)| n.clone()).filter(|n| n == "script" || n == "style");
            if let Some(raw) = raw {
                // Nothing but its own end ends a script or a style sheet.
                if !rest.starts_with(&format!("/{raw}>")) {
                    continue;
                }
            }
            let end = rest.find('>').expect("a tag that ends");
            let (tag, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            assert!(!tag.contains('<'), "{tag}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(stack.pop().expect("an open element").0, name);
                continue;
            }
            let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '!').collect();
            *elements.entry(name.clone()).or_insert(0) += 1;
            let mut attributes: HashMap<&str, &str> = HashMap::new();
            let mut of = tag[name.len()..].trim();
            while !of.is_empty() {
                let key = of.find(['=', ' ']).unwrap_or(of.len());
                let (attribute, value) = of.split_at(key);
                assert!(attribute.trim_end_matches('/').chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{tag}");
                of = match value.strip_prefix("=\"") {
                    Some(value) => {
                        let (value, after) = value.split_once('"').expect("a value that ends");
                        assert!(attributes.insert(attribute, value).is_none(), "{attribute} twice: {tag}");
                        assert!(after.is_empty() || after.starts_with([' ', '/']), "{tag}");
                        after
                    }
                    None => value,
                }
                .trim_start();
            }
            assert!(attributes.keys().all(|a| !a.starts_with("on") && *a != "src" && *a != "style"), "{tag}");
            if let Some(id) = attributes.get("id") {
                assert!(ids.insert(*id), "{id} twice");
            }
            if let Some(link) = attributes.get("href") {
                links.insert(link.strip_prefix('#').expect("a link within the page"));
                assert!(!stack.iter().any(|(n, _)| n == "a"), "a link inside a link");
            }
            // What the page says itself: its words, the numbers, captions and the date.
            let class = attributes.get("class").copied().unwrap_or_default();
            let own = matches!(class, "ui" | "n" | "kicker" | "hidden" | "date");
            let void = matches!(name.as_str(), "meta" | "path" | "rect" | "!DOCTYPE") || tag.starts_with('!') || tag.ends_with('/');
            if !void {
                stack.push((name, own));
            }
        }
        assert!(stack.is_empty(), "{stack:?}");
        let broken: Vec<_> = links.difference(&ids).collect();
        assert!(broken.is_empty(), "{broken:?}");
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        (text, elements)
    }

    /// The page is well-formed, and the article is all there, in order.
    fn check(text: &str) {
        let (doc, html) = page(text);
        let (found, elements) = read(&html);
        assert_eq!((elements["script"], elements["style"], elements["h1"], elements["main"]), (1, 1, 1, 1));
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || c.is_ascii_punctuation()).collect::<String>();
        let wanted: String = doc
            .blocks()
            .iter()
            .filter(|b| !(b.kind == BlockKind::Meta && doc.published().is_some()))
            .map(|b| letters(&doc[b.span]))
            .collect();
        assert_eq!(letters(&found), wanted);
        // Each mention, and the number of each quote, outside a header date.
        let shown = |span: Span| doc.block_at(span.start()).is_some_and(|b| b.kind != BlockKind::Meta);
        for (i, _) in doc.mentions().iter().enumerate().filter(|(_, m)| shown(m.span)) {
            assert!(html.contains(&format!(" id=\"m{i}\"")), "mention {i}");
        }
        for (i, _) in doc.quotes().iter().enumerate().filter(|(_, q)| shown(q.content[0])) {
            assert_eq!(html.matches(&format!("<a class=\"n\" href=\"#s{i}\"")).count(), 1, "quote {i}");
        }
    }

    const PIECES: &[&str] = &[
        "<script>alert(1)</script>",
        "</script>",
        "</style>",
        "<style>*{}",
        "<!--",
        "-->",
        "--!>",
        "]]>",
        "\"",
        "'",
        "\" onmouseover=\"alert(1)",
        "&lt;",
        "&amp;",
        "&",
        "<",
        ">",
        "<a href=\"javascript:alert(1)\">",
        "</article>",
        "</main>",
        "<img src=x onerror=alert(1)>",
        "{{",
        "`",
        "${",
        "\0",
        "\u{1}",
        "\u{85}",
        "\u{FFFE}",
        "\u{202E}",
        "\u{2067}",
        "שלום",
        "\u{AD}",
        "🙂",
        "A\u{30A}",
        "– ",
        "«",
        "»",
        "Vi er klare",
        ", sier Kari Nordheim (Ap)",
        ", seier ho til NTB. ",
        "Ifølge politiet ",
        "Hun sier at ",
        "Hun mener «dette er bra» og at ",
        "Olav Vik",
        "Oslo ",
        "USA ",
        "ordføreren ",
        ". ",
        ", ",
        "\n\n",
        "\n",
        "• ",
        "FAKTA\n",
        "Av ",
        "Foto: ",
        "OSLO (NTB): ",
        "date 2024-05\n\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_makes_a_page(text in prop_oneof![
            any::<String>(),
            prop::collection::vec(prop::sample::select(PIECES), 0..50).prop_map(|pieces| pieces.concat()),
        ]) {
            check(&text);
        }
    }

    #[test]
    fn the_shipped_articles_make_pages() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles");
        for path in std::fs::read_dir(folder)
            .expect("articles")
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        {
            check(&std::fs::read_to_string(path).expect("UTF-8"));
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        for piece in PIECES {
            check(&format!("{piece}\n\n– Vi er {piece} klare, sier Kari {piece} Nordheim ({piece}). Oslo{piece} og «{piece}».\n"));
        }
        let (_, html) = page("– Nei, sier <b onclick='x'>Kari \"Nordheim</b>.");
        assert!(!html.contains("<b onclick") && html.contains("&lt;b onclick=&#39;x&#39;&gt;"));
    }

    #[test]
    fn the_languages_are_told() {
        let (_, html) = page("Ny ferje\n\n– Vi er ikkje klare, seier ordførar Kari Nordheim. Ho kjem frå Bergen.\n");
        assert!(html.contains("<html lang=\"nn\"") && html.contains("<article lang=\"nn\">") && html.contains("Kven sa kva"));
        let (_, html) = page("Ny ferge\n\n– Vi er ikke klare, sier ordfører Kari Nordheim. Hun kommer fra Bergen.\n");
        assert!(
            html.contains("<article lang=\"nb\">")
                && html.contains("Hvem sa hva")
                && html.contains("<span class=\"ui\" lang=\"en\">Who said what</span>")
        );
    }

    /// A fragment inside reported speech, names inside both: elements nest.
    #[test]
    fn what_overlaps_nests() {
        let (_, html) =
            page("Hun sier at forslaget fra Oslo kommune er «helt uakseptabelt for Bergen», og at det må endres, sier Kari Nordheim.");
        let quote = &html[html.find("<article").expect("an article")..];
        assert!(quote.contains("class=\"q indirect\"") && quote.contains("class=\"q mixed\""), "{quote}");
        read(&html);
    }

    /// Relative luminance and contrast as WCAG 2.2 has them.
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |hex: &str| {
            let channel = |at: usize| {
                let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Each colour of text on each ground that it can stand on has 4.5, lines and bars have 3, in light and in dark.
    #[test]
    fn colours_have_the_contrast_of_wcag_aa() {
        let mut colours: HashMap<&str, [&str; 2]> = HashMap::new();
        for line in CSS.lines() {
            if let Some((name, value)) = line.trim().strip_prefix("--").and_then(|l| l.split_once(": light-dark(")) {
                let (light, dark) = value.trim_end_matches(");").split_once(", ").expect("two colours");
                colours.insert(name, [light, dark]);
            }
        }
        let grounds = ["paper", "direct", "mixed", "indirect", "lit"];
        let texts = ["ink", "per", "org", "gpe", "loc", "prod", "evt", "drv", "misc"];
        let pairs = texts.iter().flat_map(|t| grounds.map(|g| (*t, g, 4.5)));
        let pairs = pairs.chain([("soft", "paper", 4.5), ("paper", "ink", 4.5)]).chain(grounds.map(|g| ("accent", g, 3.0)));
        let mut checked = 0;
        for (text, ground, least) in pairs {
            for theme in 0..2 {
                let ratio = contrast(colours[text][theme], colours[ground][theme]);
                assert!(ratio >= least, "{text} on {ground}, {}: {ratio:.2} < {least}", ["light", "dark"][theme]);
                checked += 1;
            }
        }
        assert_eq!(checked, 2 * (9 * 5 + 2 + 5));
        // No colour but those.
        let others: Vec<&str> = CSS
            .lines()
            .filter(|l| {
                !l.trim().starts_with("--")
                    && !l.contains("<a href")
                    && l.split(['#']).skip(1).any(|c| c.len() > 3 && c[..3].bytes().all(|b| b.is_ascii_hexdigit()) && !l.starts_with('#'))
            })
            .collect();
        assert!(others.is_empty(), "{others:?}");
    }
}
