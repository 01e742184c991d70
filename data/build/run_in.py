#!/usr/bin/env python3
"""Makes data/run_in.tsv: the model that tells where a heading without a stop runs into the next sentence.

usage: run_in.py NORNE_TRAIN PROSE DATA [FOLDS]
  NORNE_TRAIN  a folder with nb/*.conll and nn/*.conll (NorNE, training part; a `|` token ends a heading)
  PROSE        newspaper prose (.xz), a line a paragraph, a form feed between documents: its headings are lines without a stop
  DATA         the folder with words.tsv and given_names.tsv, where run_in.tsv is written
  FOLDS        instead of writing, cross-validate over so many parts of NORNE_TRAIN: for each threshold the false and the missed ends
Standard library only; the same input gives the same output.

The features are those of src/run_in.rs, which must spell them the same way. The weights of those of BESIDE, which take but the two words
beside the gap, are learnt first and by themselves, for their sum spares most gaps the rest; those of the rest are learnt on top of them.
"""
import glob, lzma, math, os, random, re, sys
from collections import Counter

SEED, L2, RATE, EPOCHS, BURN_IN, LEAST, PRUNE = 1, .005, .3, 6, 2, 4, .1
EVERY = 20  # of the prose, every so many'th document
REACH = 30  # the longest heading, in words
STOPS = set('.!?:') | {'...', '…', '..'}
CLOSERS = set('»")”\'')
DASHES, QUOTES = {'-', '–', '—'}, {'«', '"', '“', '”'}
BESIDE = {'p', 'n', 'cn', 'cn+cp', 'len+cp'}
given = set()
SECTION = re.compile(r'\d{1,2}(\.\d{1,2}){2,}$')
TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W_]+(?:[-'’.][^\W_]+)*(?:\.(?=,))?|\.{2,}|[^\w\s]|_")


def norne(folder):
    """the sentences of each document, as words"""
    for variety in ('nb', 'nn'):
        for path in sorted(glob.glob(os.path.join(folder, variety, '*.conll'))):
            sentences, words = [], []
            for line in open(path, encoding='utf-8'):
                cells = line.split('\t')
                if len(cells) > 5: words += [cells[1]] * (cells[1] != '|')
                elif words: sentences.append(words); words = []
            yield sentences + [words] * bool(words)


def prose(path):
    """the same of every EVERYth document of prose, whose lines end where sentences do"""
    documents = lzma.open(path, 'rt', encoding='utf-8').read().split('\f')
    for document in documents[::EVERY]:
        sentences = []
        for line in document.split('\n'):
            words = TOKEN.findall(line)
            ends = [i + 1 for i in range(len(words) - 1) if words[i] in STOPS and (words[i + 1][0].isupper() or words[i + 1] in DASHES | QUOTES)]
            sentences += [s for s in (words[a:b] for a, b in zip([0] + ends, ends + [len(words)])) if s]
        yield sentences


def stopped(words):
    i = len(words) - 1
    while i > 0 and words[i] in CLOSERS: i -= 1
    return words[i] in STOPS or words[i].endswith('.')


def capital(word): return next((c for c in word if c.isalnum()), 'a').isupper()


class Segment:
    """what lies between two stops, and where in it a sentence ends without one"""
    def __init__(self, words, ends, classes):
        self.words, self.ends = words, ends
        self.lower = [w.lower() for w in words]
        self.capital = [capital(w) for w in words]
        self.kind, self.finite = [], []
        for word, low in zip(words, self.lower):
            known = classes.get(low, '?')
            self.kind.append(known[0] if word[0].isalpha() else '9' if word[0].isdigit() else word if len(word) == 1 else 'z')
            self.finite.append('f' in known)

    def shape(self, i): return 'U' if self.capital[i] else self.kind[i]


def segments(documents, classes):
    out = []
    for sentences in documents:
        words, ends = [], set()
        for sentence in sentences:
            words += sentence
            if stopped(sentence):
                out.append(Segment(words, ends, classes))
                words, ends = [], set()
            else: ends.add(len(words))
        if words: out.append(Segment(words, ends - {len(words)}, classes))
    return out


def candidate(s, i):
    before, word = s.words[i - 1], s.words[i]
    if not (before[-1].isalnum() or before in ('»', ')', '"', '”')): return None
    if word[0].isalpha() and s.capital[i]: return None if s.capital[i - 1] and s.kind[i] == '?' else 'U'
    if i + 1 == len(s.words) or not s.capital[i + 1]: return None
    return 'D' if word in DASHES else 'Q' if word in QUOTES else 'B' if word == '(' else 'S' if SECTION.match(word) else None


def bucket(n): return str(n) if n < 7 else '7' if n < 9 else '9' if n < 13 else '13'


def features(s, i, start, k):
    low, kind, size = s.lower, s.kind, len(s.words)
    n = i if k == 'U' else i + 1
    cn, shape = kind[n], 'U' if s.capital[i - 1] else 'l' if s.words[i - 1][0].isalpha() else kind[i - 1]
    cp = ('U' if s.capital[i - 1] else '') + kind[i - 1]
    f, g = (s.shape(j) if j < size else '$' for j in (n + 1, n + 2))
    if n + 1 < size and s.finite[n + 1] and not s.capital[n + 1]: f = 'f'
    verb = int(any(s.finite[j] and (j == start or not s.capital[j]) for j in range(start, i)))
    after = int(any(s.finite[n + 1:n + 7]))
    j = n + 1
    while j < size and j < n + 4 and s.capital[j]: j += 1
    next_verb = int(j < size and s.finite[j])
    length, name = bucket(i - start), int(s.capital[i - 1] and low[i - 1] in given)
    last = ('^' if i - start <= 3 else '') + ''.join(s.shape(j) for j in range(max(start, i - 3), i))
    out = [f'n={low[n]}', f'ns={low[n][-3:]}', f'cn={cn}{k}', f'cn+cp={cn}/{cp}',
           'p=' + ('<U>' if s.capital[i - 1] else low[i - 1]), f'ps={low[i - 1][-3:]}{shape}', f'pl={low[i - 1][-5:]}{shape}',
           f'cn+f={cn}{f}', f'fw={low[n + 1] if n + 1 < size else "<>"}', f'nfg={cn}{f}{g}',
           f'len+cp={length}{cp}', f'v+len={verb}{length}', f'v={next_verb}{verb}{after}{k}',
           f'g={name}{cn}', f'last={last}|{cn}', f'sw={low[start]}']
    if i - start > 1: out += [f'p2={s.shape(i - 2)}{cp}', f'p2w={low[i - 2]}']
    return out


def candidates(s, ended):
    """the places where a heading may end, with the start of the stretch before; `ended` says whether one does"""
    start, quoted = 0, False
    for i in range(1, len(s.words)):
        quoted = s.words[i - 1] == '«' or quoted and s.words[i - 1] != '»'
        k = None if quoted or i - start > REACH else candidate(s, i)
        if ended(i, k and features(s, i, start, k)): start = i


def examples(data):
    out = []
    for s in data:
        def ended(i, fs):
            if fs: out.append((fs, i in s.ends))
            return i in s.ends
        candidates(s, ended)
    return out


def learn(data, name, sums):
    """logistic regression on top of what the weights learnt before sum up to, Adagrad; the weights of the later epochs are averaged"""
    count = Counter(f for fs, _ in data for f in fs)
    ids = {f: i + 1 for i, f in enumerate(f for f, n in count.items() if n >= LEAST)}
    data = [([0] + [ids[f] for f in fs if f in ids], y, before) for (fs, y), before in zip(data, sums)]
    w, g2, total = ([x] * (len(ids) + 1) for x in (0., 1., 0.))
    for epoch in range(EPOCHS):
        random.shuffle(data)
        for fs, y, before in data:
            g = 1 / (1 + math.exp(-max(-30, min(30, before + sum([w[f] for f in fs]))))) - y
            if abs(g) < .001: continue
            for f in fs:
                step = g + (L2 * w[f] if f else 0)
                g2[f] += step * step
                w[f] -= RATE * step / math.sqrt(g2[f])
        if epoch >= BURN_IN: total = [t + x for t, x in zip(total, w)]
    mean = [t / (EPOCHS - BURN_IN) for t in total]
    return {f'bias={name}': mean[0]} | {f: mean[i] for f, i in ids.items() if abs(mean[i]) >= PRUNE}


def score(w, fs): return w['bias=beside'] + w['bias=rest'] + sum(w.get(f, 0) for f in fs)


def model(data):
    """the weights of all features, bias of both kinds included"""
    parts = [[([f for f in fs if (f.split('=')[0] in BESIDE) == beside], y) for fs, y in data] for beside in (True, False)]
    beside = learn(parts[0], 'beside', [0] * len(data))
    sums = [beside['bias=beside'] + sum(beside.get(f, 0) for f in fs) for fs, _ in parts[0]]
    return beside | learn(parts[1], 'rest', sums)


def table(path): return [line.split('\t') for line in open(path, encoding='utf-8').read().splitlines()[1:]]


def check(documents, lines, classes, folds):
    wrong = {t / 10: [0, 0] for t in range(-4, 21, 2)}
    for fold in range(folds):
        random.seed(SEED)
        w = model(examples(segments([d for i, d in enumerate(documents) if i % folds != fold], classes) + lines))
        for s in segments(documents[fold::folds], classes):
            for threshold, counts in wrong.items():
                def ended(i, fs):
                    end = bool(fs) and score(w, fs) > threshold
                    counts[0] += end and i not in s.ends
                    counts[1] += i in s.ends and not end
                    return end
                candidates(s, ended)
    for threshold, (false, missed) in wrong.items(): print(f'{threshold:5} {false:5} false {missed:5} missed')


def main(train, lines, data, folds=0):
    random.seed(SEED)
    classes = dict(table(os.path.join(data, 'words.tsv')))
    given.update(name.lower() for name, *_ in table(os.path.join(data, 'given_names.tsv')))
    documents, lines = list(norne(train)), segments(prose(lines), classes)
    if folds: return check(documents, lines, classes, int(folds))
    weights = model(examples(segments(documents, classes) + lines))
    with open(os.path.join(data, 'run_in.tsv'), 'w', encoding='utf-8') as out:
        out.write('feature\tweight\n')
        for feature, weight in sorted(weights.items()): out.write(f'{feature}\t{weight:.2f}\n')


if __name__ == '__main__':
    main(*sys.argv[1:]) if len(sys.argv) in (4, 5) else sys.exit(__doc__)
