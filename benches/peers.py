#!/usr/bin/env python3
"""Tokens and sentences beside those of other libraries: F on treebanks, and megabytes of newspaper prose a second.

usage: peers.py CORPORA       a folder with norne/dev/nb.conllu, norne/dev/nn.conllu and norec.txt.xz; prints a table in Markdown

Needs cargo and the package registries: spaCy and NLTK go into target/peers. The text is made again from the forms of the treebank; where it
has `# newpar` stands a blank line. spaCy is its blank Norwegian pipeline, for the trained ones are no packages of the registry, with its
sentencizer, a paragraph at a time; NLTK its word tokenizer, which is given the sentences of the gold, for its Norwegian sentence model is
not in the registry either. A span is right when it begins and ends at the same characters, white space aside. Speed is that of one core,
the best of three runs of 1 MB for Python; for Rust the ratios of `cargo bench --bench tokenize`.
"""
import bisect, json, lzma, os, re, subprocess, sys, tempfile, time, venv

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOME = os.path.join(ROOT, 'target', 'peers')
PACKAGES = ['spacy==3.8.7', 'nltk==3.9.2']


def treebank(path):
    """the text, and the spans of tokens and sentences, in characters"""
    text, tokens, sentences, gap = '', [], [], ''
    for sentence in open(path, encoding='utf-8').read().strip().split('\n\n'):
        lines = sentence.split('\n')
        if text and any(line.startswith('# newpar') for line in lines): gap = '\n\n'
        first = len(tokens)
        for cells in (line.split('\t') for line in lines if line[0].isdigit()):
            if not cells[0].isdigit(): continue
            text += gap * bool(text)
            tokens.append((len(text), len(text) + len(cells[1])))
            text += cells[1]
            gap = '' if 'SpaceAfter=No' in cells[9] else ' '
        sentences.append((tokens[first][0], tokens[-1][1]))
        gap = ' '
    return text, tokens, sentences


def f(text, gold, found):
    """F, by the characters before each end that are no white space"""
    solid = [0]
    for c in text: solid.append(solid[-1] + (not c.isspace()))
    gold, found = ({(solid[a], solid[b]) for a, b in spans if solid[a] < solid[b]} for spans in (gold, found))
    return 200 * len(gold & found) / (len(gold) + len(found))


def paragraphs(text):
    at = 0
    for part in text.split('\n\n'):
        yield at, part
        at += len(part) + 2


def python_peers(prose, banks):
    import nltk, spacy
    from nltk.tokenize import NLTKWordTokenizer
    nlp = spacy.blank('nb')
    split = spacy.blank('nb')
    split.add_pipe('sentencizer')
    nlp.max_length = split.max_length = 10**9
    words = NLTKWordTokenizer()

    def best(run):
        times = []
        for _ in range(3):
            start = time.process_time()
            for _, part in paragraphs(prose): run(part)
            times.append(time.process_time() - start)
        return len(prose.encode()) / 1e6 / min(times)

    scores = {'spaCy': [], 'NLTK': []}
    for text, tokens, sentences in banks:
        t, s = [], []
        for at, part in paragraphs(text):
            doc = split(part)
            t += [(at + w.idx, at + w.idx + len(w)) for w in doc]
            s += [(at + x.start_char, at + x.end_char) for x in doc.sents]
        scores['spaCy'] += [f(text, tokens, t), f(text, sentences, s)]
        t = []
        for a, b in sentences: t += [(a + x, a + y) for x, y in words.span_tokenize(text[a:b])]
        scores['NLTK'] += [f(text, tokens, t), None]
    return [(f'spaCy {spacy.__version__}, blank, sentencizer', scores['spaCy'], best(nlp)),
            (f'NLTK {nltk.__version__}, gold sentences', scores['NLTK'], best(lambda part: list(words.tokenize(part))))]


def rust_peers(banks):
    built = subprocess.run(['cargo', 'bench', '--bench', 'tokenize', '--no-run'], cwd=ROOT, capture_output=True, text=True, check=True)
    bench = os.path.join(ROOT, re.search(r'target/\S*release/deps/tokenize-\w+', built.stderr).group())
    scores = {}
    for bank, (text, tokens, sentences) in enumerate(banks):
        bytes_before = [0]
        for c in text: bytes_before.append(bytes_before[-1] + len(c.encode()))
        with tempfile.NamedTemporaryFile('w', encoding='utf-8', suffix='.txt') as file:
            file.write(text)
            file.flush()
            out = subprocess.run([bench], env=os.environ | {'SPANS': file.name}, capture_output=True, text=True, check=True).stdout
        spans = {}
        for system, what, *ends in (line.split('\t') for line in out.splitlines()):
            spans.setdefault((system, what), []).append(tuple(bisect.bisect_left(bytes_before, int(end)) for end in ends))
        for (system, what), found in spans.items():
            scores.setdefault(system, [None] * 4)[2 * bank + (what == 'sentences')] = f(text, tokens if what == 'tokens' else sentences, found)
    speeds = dict(re.findall(r'^(\S.*?) {2,}(\d+) MB/s', subprocess.run([bench, '--test'], capture_output=True, text=True, check=True).stdout, re.M))
    names = {'spalte': 'tokenize_into', 'str::split_whitespace': 'split_whitespace', 'unicode-segmentation': 'unicode_words',
             'icu_segmenter': 'icu_segmenter'}
    lock = open(os.path.join(ROOT, 'Cargo.lock'), encoding='utf-8').read()
    def version(name):
        found = re.search(rf'name = "{re.escape(name)}"\nversion = "(.*)"', lock)
        return f' {found.group(1)}' if found else ''
    return [(name + version(name), scores[name], float(speeds[speed])) for name, speed in names.items()]


def main(corpora):
    banks = [treebank(os.path.join(corpora, 'norne', 'dev', f'{variety}.conllu')) for variety in ('nb', 'nn')]
    python = os.path.join(HOME, 'bin', 'python')
    if os.path.realpath(sys.prefix) != os.path.realpath(HOME):
        if not os.path.exists(python): venv.create(HOME, with_pip=True)
        subprocess.run([python, '-m', 'pip', 'install', '--quiet', *PACKAGES], check=True)
        rows = rust_peers(banks)
        rows += json.loads(subprocess.run([python, __file__, corpora], capture_output=True, text=True, check=True).stdout)
        cell = lambda x: '–' if x is None else f'{x:.2f}'
        print('| | tokens nb / nn | sentences nb / nn | MB/s, tokens |\n|---|---|---|---|')
        for name, (tb, sb, tn, sn), speed in rows:
            print(f'| {name} | {cell(tb)} / {cell(tn)} | {cell(sb)} / {cell(sn)} | {speed:.{2 if speed < 10 else 0}f} |')
    else:
        prose = lzma.open(os.path.join(corpora, 'norec.txt.xz')).read(1_000_000).decode(errors='ignore').replace('\f', '\n\n')
        print(json.dumps(python_peers(prose, banks)))


if __name__ == '__main__':
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
