#!/usr/bin/env python3
"""Reads what the writers of spalte write, with the own tool of each format, and compares it with the JSON of the documents.

usage: formats.py FOLDER        tests/formats.rs makes the folder, and runs this

A format whose package is not there is skipped, which is said. No package uses the network here. Tried with:
  python -m pip install conllu==6.0.0 duckdb==2.0.1 pyarrow==26.0.1 PyLD==3.3.0 udapi==0.5.2 udtools==0.2.9
"""

import csv
import importlib
import io
import json
import logging
import re
import sys
from pathlib import Path

SCHEMA_ORG = {
    "@vocab": "https://schema.org/", "sameAs": {"@type": "@id"}, "url": {"@type": "@id"}, "gender": {"@type": "@id"},
    "datePublished": {"@type": "Date"}, "spokenByCharacter": {"@type": "@id"}, "mentions": {"@type": "@id"},
    "hasPart": {"@type": "@id"}, "memberOf": {"@type": "@id"},
}
# The part of http://www.w3.org/ns/anno.jsonld that is used.
ANNO = {
    "oa": "http://www.w3.org/ns/oa#", "as": "http://www.w3.org/ns/activitystreams#", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": {"@type": "@id", "@id": "@id"}, "type": {"@type": "@id", "@id": "@type"},
    "Annotation": "oa:Annotation", "SpecificResource": "oa:SpecificResource", "TextualBody": "oa:TextualBody",
    "TextPositionSelector": "oa:TextPositionSelector", "TextQuoteSelector": "oa:TextQuoteSelector",
    "AnnotationCollection": "as:OrderedCollection", "AnnotationPage": "as:OrderedCollectionPage",
    "identifying": "oa:identifying", "tagging": "oa:tagging", "linking": "oa:linking",
    "body": {"@type": "@id", "@id": "oa:hasBody"}, "target": {"@type": "@id", "@id": "oa:hasTarget"},
    "source": {"@type": "@id", "@id": "oa:hasSource"}, "selector": {"@type": "@id", "@id": "oa:hasSelector"},
    "motivation": {"@type": "@vocab", "@id": "oa:motivatedBy"}, "purpose": {"@type": "@vocab", "@id": "oa:hasPurpose"},
    "exact": "oa:exact", "prefix": "oa:prefix", "suffix": "oa:suffix", "start": {"@type": "xsd:nonNegativeInteger", "@id": "oa:start"},
    "end": {"@type": "xsd:nonNegativeInteger", "@id": "oa:end"}, "value": "rdf:value", "label": "rdfs:label",
    "total": {"@type": "xsd:nonNegativeInteger", "@id": "as:totalItems"}, "first": {"@type": "@id", "@id": "as:first"},
    "startIndex": {"@type": "xsd:nonNegativeInteger", "@id": "as:startIndex"},
    "items": {"@type": "@id", "@id": "as:items", "@container": "@list"},
}


def visible(form):
    """Control characters as their pictures."""
    return form.translate({n: 0x2400 + n for n in range(32)} | {0x7F: "␡"} | {n: "␦" for n in range(0x80, 0xA0)})


def label(mention):
    return mention["kind"] + ("_" + mention["sense"] if "sense" in mention else "")


def slices(doc, spans):
    return [doc["text"][start:end] for start, end in spans]


def read(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as file:
        return file.read()


def sentences(doc):
    """The tokens of each sentence, as spans."""
    for sentence in doc["sentences"]:
        start, end = sentence["span"]
        yield [tuple(t["span"]) for t in doc["tokens"] if start <= t["span"][0] and t["span"][1] <= end]


def conllu_by_conllu(folder, docs):
    conllu = importlib.import_module("conllu")
    found = conllu.parse(read(folder, "all.conllu"))
    wanted = [(doc, tokens) for doc in docs for tokens in sentences(doc)]
    assert len(found) == len(wanted), (len(found), len(wanted))
    assert len({s.metadata["sent_id"] for s in found}) == len(found), "a sent_id twice"
    for sentence, (doc, tokens) in zip(found, wanted):
        assert [t["form"] for t in sentence] == [visible(doc["text"][s:e]) for s, e in tokens]
        assert [t["misc"]["TokenRange"] for t in sentence] == [f"{s}:{e}" for s, e in tokens]
        names = {tuple(m["span"]): label(m) for m in doc["mentions"] if m["form"] == "name"}
        tags = []
        for s, e in tokens:
            tags += [("B-" if s == a else "I-") + kind for (a, b), kind in names.items() if a <= s and e <= b] or ["O"]
        assert [t["misc"]["name"] for t in sentence] == tags
    return f"{len(found)} sentences"


def conllu_by_udapi(folder, docs):
    document = importlib.import_module("udapi.core.document").Document
    logging.disable(logging.WARNING)
    read_doc = document()
    read_doc.load_conllu(str(folder / "all.conllu"), empty_parent="ignore")
    wanted = {}
    for n, doc in enumerate(docs):
        for mention in doc["mentions"]:
            wanted.setdefault((n, mention["entity"]), []).append(tuple(mention["span"]))
    found = []
    for entity in read_doc.coref_entities:
        spans = []
        for mention in entity.mentions:
            ends = [word.misc["TokenRange"].split(":") for word in mention.words]
            spans.append((int(ends[0][0]), int(ends[-1][1])))
        found.append(sorted(spans))
    assert sorted(found) == sorted(sorted(spans) for spans in wanted.values()), "the chains differ"
    for tree in read_doc.trees:
        assert tree.text == tree.compute_text(), (tree.text, tree.compute_text())
    return f"{len(found)} entities"


def conllu_by_udtools(folder, docs):
    """The validator of Universal Dependencies: the form of the file (level 1), and with trees put in, of identifiers, texts, MISC (level 2)
    and entities."""
    udtools = importlib.import_module("udtools")
    lines = read(folder, "all.conllu").split("\n")
    for n, line in enumerate(lines):
        if "\t" in line:
            cells = line.split("\t")
            cells[3:4], cells[6:8] = ["X"], ["0", "root"] if cells[0] == "1" else ["1", "dep"]
            lines[n] = "\t".join(cells)
    (folder / "trees.conllu").write_text("\n".join(lines), encoding="utf-8", newline="")
    state = udtools.Validator(lang="no", level=1, output=None).validate_files([str(folder / "all.conllu")])
    validator = udtools.Validator(lang="no", level=2, check_coref=True, output=None)
    state = validator.validate_files([str(folder / "trees.conllu")], state)
    # The text keeps its spelling, composed or decomposed, as it was given.
    errors = [e for e in state.error_tracker if e.testid != "unicode-normalization"]
    assert not errors, "\n".join(f"{e.testid}: {e.message}" for e in errors[:10])
    return f"{sum(len(d['sentences']) for d in docs)} sentences, no error"


def iob2(folder, docs):
    found = [[line.split() for line in part.split("\n") if line] for part in read(folder, "all.iob2").split("\n\n") if part]
    assert all(len(row) == 2 for sentence in found for row in sentence)
    starts = [i for i, sentence in enumerate(found) if sentence == [["-DOCSTART-", "O"]]]
    assert len(starts) == len(docs)
    names = sum(tag.startswith("B-") for sentence in found for _, tag in sentence)
    assert names == sum(m["form"] == "name" for d in docs for m in d["mentions"])
    return f"{names} names"


def brat(folder, docs):
    """As brat's own server reads a file: by lines of any kind, the text by characters, fragments joined by a space."""
    count = 0
    for n, doc in enumerate(docs):
        text = read(folder, f"{n}.txt")
        assert text == doc["text"]
        spans, chains, quotes = {}, [], []
        for line in read(folder, f"{n}.ann").splitlines():
            name, rest = line.split("\t", 1)
            if name[0] == "T":
                kind_and_offsets, covered = rest.split("\t")
                kind, offsets = kind_and_offsets.split(" ", 1)
                parts = [tuple(map(int, part.split(" "))) for part in offsets.split(";")]
                assert " ".join(text[s:e] for s, e in parts) == covered, line
                spans[name] = (kind, parts)
            elif name == "*":
                chains.append(rest.split(" ")[1:])
            elif name[0] == "E":
                quotes.append(dict(role.split(":") for role in rest.split(" ")))
        for quote in quotes:
            assert all(t in spans for t in quote.values())
        assert all(t in spans for chain in chains for t in chain)
        count += len(spans)
        speakers = sum(q["speaker"] is not None and bool(doc["entities"][q["speaker"]]["mentions"]) for q in doc["quotes"])
        assert sum("Speaker" in q for q in quotes) == speakers
    return f"{count} spans"


def loader(contexts):
    def load(url, _options):
        return {"contextUrl": None, "documentUrl": url, "contentType": "application/ld+json", "document": {"@context": contexts[url]}}
    return load


def json_ld(folder, docs):
    jsonld = importlib.import_module("pyld").jsonld
    jsonld.set_document_loader(loader({"https://schema.org": SCHEMA_ORG}))
    lines = read(folder, "all.jsonld").split("\n")
    assert lines.pop() == "" and len(lines) == len(docs)
    term = "https://schema.org/"
    triples = 0
    for line, doc in zip(lines, docs):
        [article] = jsonld.expand(json.loads(line))
        assert article["@type"] == [term + "NewsArticle"]
        said = [q for q in article[term + "hasPart"]]
        assert [q[term + "text"][0]["@value"] for q in said] == [" … ".join(slices(doc, q["content"])) for q in doc["quotes"]]
        things = {t["@id"]: t for t in article[term + "mentions"]}
        for quote, wanted in zip(said, doc["quotes"]):
            speaker = quote.get(term + "spokenByCharacter")
            assert (speaker is None) == (wanted["speaker"] is None)
            if speaker:
                thing = things[speaker[0]["@id"]]
                assert (thing.get(term + "name") or thing.get(term + "description"))[0]["@value"] == doc["entities"][wanted["speaker"]]["name"]
        same = [t[term + "sameAs"][0]["@id"] for t in things.values() if term + "sameAs" in t]
        ids = [e["id"] for e in doc["entities"] if re.fullmatch("Q[0-9]+", e.get("id", ""))]
        assert [s.rsplit("/", 1)[1] for s in same if "wikidata" in s] == ids
        rdf = jsonld.to_rdf(json.loads(line), {"format": "application/n-quads"})
        triples += rdf.count("\n")
    return f"{triples} triples"


def web_annotation(folder, docs):
    jsonld = importlib.import_module("pyld").jsonld
    jsonld.set_document_loader(loader({"http://www.w3.org/ns/anno.jsonld": ANNO}))
    oa, count = "http://www.w3.org/ns/oa#", 0
    lines = read(folder, "all.webannotation").split("\n")
    assert lines.pop() == "" and len(lines) == len(docs)
    for line, doc in zip(lines, docs):
        [collection] = jsonld.expand(json.loads(line))
        [page] = collection["http://www.w3.org/ns/activitystreams#first"]
        items = page["http://www.w3.org/ns/activitystreams#items"][0]["@list"]
        count += len(items)
        for item in items:
            assert item["@type"] == [oa + "Annotation"] and ":" in item["@id"]
            assert item[oa + "motivatedBy"][0]["@id"].startswith(oa)
            for target in item[oa + "hasTarget"]:
                position, quote = target[oa + "hasSelector"]
                start, end = (int(position[oa + key][0]["@value"]) for key in ("start", "end"))
                assert doc["text"][start:end] == quote[oa + "exact"][0]["@value"]
                prefix, suffix = (quote[oa + key][0]["@value"] for key in ("prefix", "suffix"))
                assert doc["text"][:start].endswith(prefix) and doc["text"][end:].startswith(suffix)
        assert jsonld.to_rdf(json.loads(line), {"format": "application/n-quads"}).count("Annotation>") >= len(items)
    return f"{count} annotations"


def rows(docs):
    """What a table of quotes holds, as Python has it."""
    for doc in docs:
        for n, quote in enumerate(doc["quotes"]):
            entity = doc["entities"][quote["speaker"]] if quote["speaker"] is not None else {}
            yield {
                "article_id": doc.get("id") or None, "published": doc["published"], "variety": doc["variety"], "quote": n,
                "turn": quote["turn"], "kind": quote["kind"], "text": " … ".join(slices(doc, quote["content"])),
                "speaker": entity.get("name"), "speaker_id": entity.get("id"), "roles": entity.get("roles", []),
                "gender": entity.get("gender"), "cue": quote["cue"] and slices(doc, [quote["cue"]])[0],
                "source": quote["source"] and slices(doc, [quote["source"]])[0], "confidence": quote["confidence"],
                "start": quote["content"][0][0], "end": quote["content"][-1][1],
                "spans": [{"start": s, "end": e} for s, e in quote["content"]],
            }


def by_csv(folder, docs):
    found = list(csv.DictReader(io.StringIO(read(folder, "all.csv"), newline=""), strict=True))
    wanted = list(rows(docs))
    assert len(found) == len(wanted), (len(found), len(wanted))
    for got, want in zip(found, wanted):
        got.pop("party")
        want["roles"] = "; ".join(want["roles"])
        want["spans"] = "; ".join(f"{s['start']}-{s['end']}" for s in want["spans"])
        assert got == {key: "" if value is None else str(value) for key, value in want.items()}, (got, want)
    return f"{len(found)} rows"


def by_pyarrow(folder, docs):
    table = importlib.import_module("pyarrow.parquet").read_table(folder / "all.parquet")
    found = table.drop_columns(["party"]).to_pylist()
    assert found == list(rows(docs))
    parties = table.column("party").to_pylist()
    assert "Ap" in parties and None in parties
    return f"{len(found)} rows"


def by_duckdb(folder, docs):
    duckdb = importlib.import_module("duckdb")
    path = str(folder / "all.parquet")
    query = "SELECT speaker, count(*) FROM read_parquet(?) WHERE speaker IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"
    found = duckdb.execute(query, [path]).fetchall()
    counts = {}
    for row in rows(docs):
        if row["speaker"] is not None:
            counts[row["speaker"]] = counts.get(row["speaker"], 0) + 1
    assert found == sorted(counts.items(), key=lambda c: (-c[1], c[0].encode()))[:3], found
    [(lists,)] = duckdb.execute("SELECT sum(len(roles) + len(spans)) FROM read_parquet(?)", [path]).fetchall()
    assert lists == sum(len(r["roles"]) + len(r["spans"]) for r in rows(docs))
    return f"most quoted: {found[0][0]}, {found[0][1]}"


CHECKS = [
    ("CoNLL-U", "conllu", conllu_by_conllu, "all.conllu"),
    ("CoNLL-U", "udapi", conllu_by_udapi, "all.conllu"),
    ("CoNLL-U", "udtools", conllu_by_udtools, "all.conllu"),
    ("IOB2", None, iob2, "all.iob2"),
    ("brat", None, brat, "annotation.conf"),
    ("JSON-LD", "pyld", json_ld, "all.jsonld"),
    ("Web Annotation", "pyld", web_annotation, "all.webannotation"),
    ("CSV", "csv", by_csv, "all.csv"),
    ("Parquet", "pyarrow", by_pyarrow, "all.parquet"),
    ("Parquet", "duckdb", by_duckdb, "all.parquet"),
]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    docs = [json.loads(line) for line in read(folder, "documents.jsonl").split("\n") if line]
    for what, package, check, file in CHECKS:
        by = f" by {package}" if package else ""
        if not (folder / file).exists():
            print(f"SKIPPED, {what}{by}: {file} is not there; Parquet needs --features parquet")
            continue
        try:
            if package:
                importlib.import_module(package)
        except ImportError as e:
            print(f"SKIPPED, {what}{by}: {e}")
            continue
        print(f"ok, {what}{by}: {check(folder, docs)}")


main()
