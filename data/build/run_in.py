#!/usr/bin/env python3
"""Makes data/run_in.tsv and data/run_in_words.tsv: the model that tells where a heading without a stop runs into the next sentence.

usage: run_in.py NORNE_TRAIN PROSE COMMON_WORDS OUT        NORNE_TRAIN: a folder with nb/*.conll and nn/*.conll (NorNE, training part; a `|`
token ends a heading); PROSE: a text (or .xz) whose most frequent lower-case words count as frequent; COMMON_WORDS: data/common_words.tsv;
OUT: the folder of the two tables. Standard library only; the same input gives the same output.

The features are those of `RunIn` in src/sentence.rs, which must spell them the same way.
"""
import glob, lzma, math, os, random, re, sys
from collections import Counter, defaultdict

SEED, L2, EPOCHS, LEAST, PRUNE, REACH, FREQUENT = 1, .005, 6, 4, .15, 30, 300
STOPS = set('.!?:') | {'...', '…', '..'}
CLOSERS = set('»")”\'')
DASHES, QUOTES = {'-', '–', '—'}, {'«', '"', '“', '”'}
common, frequent, finite = set(), set(), set()


def documents(folder):
    for variety in ('nb', 'nn'):
        for path in sorted(glob.glob(os.path.join(folder, variety, '*.conll'))):
            rows, sentence = [], []
            for line in open(path, encoding='utf-8'):
                cells = line.rstrip('\n').split('\t')
                if len(cells) > 5: sentence.append(cells)
                elif sentence: rows.append(sentence); sentence = []
            if sentence: rows.append(sentence)
            yield rows


def stopped(words):
    i = len(words) - 1
    while i > 0 and words[i] in CLOSERS: i -= 1
    return words[i] in STOPS or words[i].endswith('.')


def segments(docs):
    """what lies between two stops, with the places where a sentence ends without one"""
    for sentences in docs:
        words, ends = [], set()
        for sentence in sentences:
            sentence = [c[1] for c in sentence if c[1] != '|']
            if not sentence: continue
            words += sentence
            if stopped(sentence):
                yield words, ends
                words, ends = [], set()
            else: ends.add(len(words))
        if words:
            ends.discard(len(words))
            yield words, ends


def capital(w): return next((c for c in w if c.isalnum()), 'a').isupper()


def word_class(w):
    if not w[0].isalpha(): return shape(w)
    low = w.lower()
    return 'f' if low in frequent else 'a' if low in common else '?'


def shape(w): return 'U' if capital(w) else 'l' if w[0].isalpha() else '9' if w[0].isdigit() else w if len(w) == 1 else 'x'


def bucket(n): return str(n) if n < 7 else '7' if n < 9 else '9' if n < 13 else '13'


def candidate(t, i):
    p, x = t[i - 1], t[i]
    if not (p[-1].isalnum() or p in ('»', ')', '"', '”')): return None
    if x[0].isalpha() and capital(x): return None if capital(p) and word_class(x) == '?' else 'U'
    if i + 1 < len(t) and capital(t[i + 1]): return 'D' if x in DASHES else 'Q' if x in QUOTES else None
    return None


def features(t, i, start, k):
    p, j = t[i - 1], i if k == 'U' else i + 1
    n, f = t[j], t[j + 1] if j + 1 < len(t) else '<>'
    cn, cp, pc = word_class(n), word_class(p), shape(p)
    vb = int(any(x.lower() in finite for x in t[start:i]))
    va = int(any(x.lower() in finite for x in t[j + 1:j + 7]))
    q = j + 1
    while q < len(t) and q < j + 4 and capital(t[q]): q += 1
    nv = int(q < len(t) and t[q].lower() in finite)
    cf = 'v' if f.lower() in finite else 'U' if capital(f) else word_class(f)
    length = bucket(i - start)
    caps = min(sum(map(capital, t[start + 1:i])), 3)
    small = min(sum(x[0].islower() for x in t[start + 1:i]), 3)
    low, before = n.lower(), p.lower()
    out = [f'k={k}', f'n={low}', f'ns={low[-3:]}', f'cn={cn}{k}', f'cn+pc={cn}{pc}', f'cn+cp={cn}{cp}{pc}',
           'p=' + (before if pc == 'l' else '<U>'), f'ps={before[-3:]}{pc}', f'pc={pc}', f'f={cf}', f'cn+f={cn}{cf}', f'fw={f.lower()}',
           f'len={length}', f'len+pc={length}{pc}', f'len+cn={length}{cn}', f'rem={bucket(len(t) - i)}', f'caps={caps}',
           f'capslows={caps}{small}', f'start={shape(t[start])}', f'startc={word_class(t[start])}', f'comma={int("," in t[start:i])}',
           f'v={vb}{va}{cn}', f'v+len={vb}{length}', f'nv={nv}{vb}{cn}{pc}', f'nv+len={nv}{length}']
    if n.isupper() and len(n) > 1: out.append('nAll')
    if t[start] in DASHES: out.append(f'sd{vb}')
    return out


def examples(data):
    for t, ends in data:
        start, quoted = 0, False
        for i in range(1, len(t)):
            quoted = t[i - 1] == '«' or quoted and t[i - 1] != '»'
            k = None if quoted or i - start > REACH else candidate(t, i)
            if k: yield features(t, i, start, k), i in ends
            if i in ends: start = i


def learn(data):
    """logistic regression, Adagrad; the weights of the later epochs are averaged"""
    data = list(examples(data))
    count = Counter(f for fs, _ in data for f in fs)
    data = [([f for f in fs if count[f] >= LEAST], y) for fs, y in data]
    w, g2, total = defaultdict(float), defaultdict(float), defaultdict(float)
    for epoch in range(EPOCHS):
        random.shuffle(data)
        for fs, y in data:
            z = w['bias'] + sum(w[f] for f in fs)
            g = 1 / (1 + math.exp(-max(-30, min(30, z)))) - y
            for f in ['bias'] + fs:
                step = g if f == 'bias' else g + L2 * w[f]
                g2[f] += step * step
                w[f] -= .3 * step / math.sqrt(1 + g2[f])
        if epoch >= 2:
            for f in w: total[f] += w[f]
    return {f: v / (EPOCHS - 2) for f, v in total.items()}


def main(train, prose, common_words, out):
    random.seed(SEED)
    docs = list(documents(train))
    verbs, seen = Counter(), Counter()
    for sentences in docs:
        for sentence in sentences:
            for c in sentence:
                seen[c[1].lower()] += 1
                if c[3] == 'verb' and re.search(r'pres(?!-part)|pret', c[5]): verbs[c[1].lower()] += 1
    finite.update(w for w in verbs if verbs[w] > .6 * seen[w] and seen[w] > 2)
    common.update(open(common_words, encoding='utf-8').read().split('\n')[1:-1])
    counts = Counter()
    for line in (lzma.open if prose.endswith('.xz') else open)(prose, 'rt', encoding='utf-8'):
        counts.update(w for w in re.findall(r"[^\W\d_]+", line) if w.islower())
    frequent.update(w for w, _ in sorted(((w, n) for w, n in counts.items() if w in common), key=lambda x: (-x[1], x[0]))[:FREQUENT])
    weights = learn(segments(docs))
    with open(os.path.join(out, 'run_in.tsv'), 'w', encoding='utf-8') as o:
        o.write(f'feature\tweight\nbias\t{weights.pop("bias"):.2f}\n')
        o.writelines(f'{f}\t{v:.2f}\n' for f, v in sorted(weights.items()) if abs(v) >= PRUNE)
    with open(os.path.join(out, 'run_in_words.tsv'), 'w', encoding='utf-8') as o:
        o.write('word\tclass\n')
        o.writelines(f'{w}\tfinite\n' for w in sorted(finite))
        o.writelines(f'{w}\tfrequent\n' for w in sorted(frequent))


if __name__ == '__main__':
    main(*sys.argv[1:]) if len(sys.argv) == 5 else sys.exit(__doc__)
