//! Articles in made-up Norwegian from a small grammar: each choice is a byte, so that proptest and the fuzzer (`fuzz/`) steer it alike.
//!
//! The grammar knows how the press lays out articles and marks speech; what is said means nothing.

/// The choices of one article. When they run out, the first alternative is taken everywhere, and lists end.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first) % n
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }

    /// An article, of which the first choice gives the variety.
    pub fn article(&mut self) -> String {
        let nn = self.below(2);
        let mut parts = Vec::new();
        if self.below(3) == 1 {
            parts.push(format!("date 20{:02}-{:02}", self.below(30), self.below(14)));
        }
        parts.push(self.heading(nn));
        for _ in 0..=self.below(10) {
            parts.push(self.block(nn));
        }
        let between = self.pick(&["\n\n", "\n", "\r\n\r\n", "\n \n", "\r", "\u{2029}"]);
        parts.join(between)
    }

    fn block(&mut self, nn: usize) -> String {
        match self.below(13) {
            0 | 1 => self.paragraph(nn),
            2 => self.heading(nn),
            3 | 4 => self.turn(nn),
            5 => format!("{} ({}): {}", self.pick(&["OSLO", "Tromsø", "VÅLER I SOLØR"]), self.pick(&["NTB", "NPK"]), self.paragraph(nn)),
            6 => format!("Av {}{}", self.name(), self.pick(&["", ", NTB", "\nkari@avis.no", " (tekst) og Per Moe (foto)"])),
            7 => format!("{} Foto: {} / NTB", self.paragraph(nn), self.name()),
            8 => format!("FAKTA{}\n• {}\n• {}", self.pick(&["", ":", " om saken"]), self.clause(nn), self.clause(nn)),
            9 => format!("{} {}?\n\n{} {}.", self.dash(), self.clause(nn), self.dash(), self.clause(nn)),
            10 => format!("{}: {}", self.pick(&["Spørsmål", "VG", "Kari Moe", "SVAR"]), self.paragraph(nn)),
            11 => format!("{}.\t{}", self.below(200), self.clause(nn)),
            _ => self.noise(),
        }
    }

    fn paragraph(&mut self, nn: usize) -> String {
        let mut text = self.sentence(nn);
        for _ in 0..self.below(5) {
            text.push_str(self.pick(&[" ", "  ", "\n", "\u{a0}", ""]));
            text.push_str(&self.sentence(nn));
        }
        text
    }

    fn heading(&mut self, nn: usize) -> String {
        match self.below(5) {
            0 => self.clause(nn),
            1 => format!("{} {}", self.dash(), self.clause(nn)),
            2 => format!("{}: {}", self.surname(), self.quoted(nn)),
            3 => self.clause(nn).to_uppercase(),
            _ => format!("{} – {}", self.name(), self.clause(nn)),
        }
    }

    /// A turn: said, cue, said again, narration, in any number.
    fn turn(&mut self, nn: usize) -> String {
        let mut text = format!("{} {}", self.dash(), self.clause(nn));
        for _ in 0..self.below(5) {
            match self.below(5) {
                0 => text.push_str(&format!(", {}", self.cue(nn))),
                1 => text.push_str(&format!(". {}", self.clause(nn))),
                2 => text.push_str(&format!(" – {}", self.clause(nn))),
                3 => text.push_str(&format!("! {}", self.quoted(nn))),
                _ => text.push_str(&format!(", {}, {}", self.cue(nn), self.clause(nn))),
            }
        }
        text + self.stop()
    }

    fn sentence(&mut self, nn: usize) -> String {
        let (speaker, verb, clause) = (self.speaker(nn), self.verb(nn), self.clause(nn));
        let text = match self.below(11) {
            0 => format!("{speaker} {verb} at {clause}"),
            1 => format!("{}, {}", self.quoted(nn), self.cue(nn)),
            2 => format!("{clause}, {verb} {speaker}"),
            3 => format!("{} {speaker} {clause}", ["Ifølge", "Ifølgje"][nn]),
            4 => format!("Det {verb} {speaker} {}", self.pick(&["til NTB", "i ei pressemelding", "overfor VG", "på X"])),
            5 => format!("{speaker} {verb}: {}", self.quoted(nn)),
            6 => format!("{speaker} kalte {} {}", self.pick(&["planen", "vedtaket"]), self.quoted(nn)),
            7 => format!("{speaker} {} {clause}", self.pick(&["meiner", "mener", "trur", "spør om", "lurer på hvorfor"])),
            8 => format!("{} {clause}", self.pick(&["Kl. 12.30", "23. mai", "F.eks.", "§ 4-5", "Nr. 7", "300.000", "10,5 prosent", "1."])),
            9 => format!("{} og {} {clause}", self.name(), self.surname()),
            _ => clause,
        };
        text + self.stop()
    }

    fn cue(&mut self, nn: usize) -> String {
        let tail = self.pick(&["", " til NTB", ", og legger til", " (Ap)", ", som er lege", " og ler", " videre", ", leder i laget,"]);
        format!("{} {}{tail}", self.verb(nn), self.speaker(nn))
    }

    fn quoted(&mut self, nn: usize) -> String {
        let (open, close) = [("«", "»"), ("\"", "\""), ("“", "”"), ("„", "“"), ("'", "'"), ("»", "«"), ("«", ""), ("", "»")][self.below(8)];
        let inner = match self.below(4) {
            3 if self.0.len() > 4 => format!("{} {}", self.clause(nn), self.quoted(nn)),
            _ => self.clause(nn),
        };
        format!("{open}{inner}{}{close}", self.pick(&["", ".", ",", "!", "…"]))
    }

    fn speaker(&mut self, nn: usize) -> String {
        match self.below(7) {
            0 => self.name(),
            1 => self.surname().to_owned(),
            2 => [["hun", "han", "de", "vi"], ["ho", "han", "dei", "me"]][nn][self.below(4)].to_owned(),
            3 => [["politiet", "ordføreren", "21-åringen", "en talsmann"], ["politiet", "ordføraren", "21-åringen", "ein talsmann"]][nn]
                [self.below(4)]
            .to_owned(),
            4 => format!("{} {}", ["statsminister", "ordfører", "Bryne-trener", "advokat"][self.below(4)], self.name()),
            5 => format!("{} ({})", self.name(), self.below(100)),
            _ => self.pick(&["NRK", "Oslo kommune", "Høyre", "USA", "EU-kommisjonen", "Statens vegvesen", "HR"]).to_owned(),
        }
    }

    fn name(&mut self) -> String {
        let given = self.pick(&["Kari", "Per", "Anne-Lise", "Åse", "J. K.", "Mohammed", "Elle Márjá", "A\u{30a}ge"]);
        format!("{given} {}{}", self.surname(), self.pick(&["", "", "s", "'", " Berg", "-Moe"]))
    }

    fn surname(&mut self) -> &'static str {
        self.pick(&["Nordheim", "Berg", "Moe", "Strand", "von der Lippe", "Dal", "Haugens", "Ås", "Bakke"])
    }

    fn verb(&mut self, nn: usize) -> &'static str {
        let verbs: [&[&str]; 2] = [
            &["sier", "sa", "mener", "skriver", "opplyser", "ler", "hevder", "har sagt", "legger til", "skal ha sagt"],
            &["seier", "sa", "meiner", "skriv", "opplyser", "ler", "hevdar", "har sagt", "legg til", "skal ha sagt"],
        ];
        self.pick(verbs[nn])
    }

    fn clause(&mut self, nn: usize) -> String {
        let clauses: [&[&str]; 2] = [
            &["broen åpner i mai", "vi er ikke enige", "dette har Bergen ventet på", "alle kom fram til Oslo S", "ja", "han ikke vil", ""],
            &["brua opnar i mai", "vi er ikkje samde", "dette har Bergen venta på", "alle kom fram til Voss", "ja", "han ikkje vil", ""],
        ];
        let mut text = self.pick(clauses[nn]).to_owned();
        match self.below(8) {
            1 => text.push_str(" fordi prisen er 1,5 mill. kr"),
            2 => text.push_str(", og hun sier at de kommer"),
            3 => text.push_str(" (les mer på nrk.no/sport)"),
            4 => text.push_str(" i boka «Havet»"),
            5 => text.push_str(" – tross alt –"),
            6 => text.push_str(&format!(" hos {}", self.name())),
            _ => {}
        }
        match self.below(3) {
            1 => text.chars().next().map_or_else(String::new, |c| c.to_uppercase().chain(text.chars().skip(1)).collect()),
            _ => text,
        }
    }

    fn dash(&mut self) -> &'static str {
        self.pick(&["–", "-", "—", "--", "\u{2010}"])
    }

    fn stop(&mut self) -> &'static str {
        self.pick(&[".", ".", ".", "!", "?", "…", "...", ":", "", ".»", "?!"])
    }

    /// What strays into articles: code, addresses, marks without a partner, signs of other scripts.
    fn noise(&mut self) -> String {
        self.pick(&[
            "LES OGSÅ: Slik går det",
            "https://nrk.no/a?b=c#d",
            "<p class=\"x\">",
            "kari@avis.no",
            "@navn #tagg",
            "***",
            "–",
            "«",
            "»",
            "\u{feff}",
            "\0",
            "🙂👩\u{200d}👧",
            "\u{202e}שלום",
            "Ä\u{308}\u{ad}a",
            "(NTB)",
            "* * *",
        ])
        .to_owned()
    }
}
