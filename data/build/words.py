#!/usr/bin/env python3
"""Makes data/words.tsv: the word classes of the forms that the Norwegian Dependency Treebank's training part uses.

usage: words.py NORNE_TRAIN > data/words.tsv        NORNE_TRAIN: a folder with nb/*.conll and nn/*.conll (NorNE, training part)

One row a lower-case form seen at least twice (closed classes: once): its classes, the most frequent first, those under a tenth left out.
Classes: f finite verb, i infinitive, p participle, s imperative, n noun, N noun in the definite, a adjective, r adverb, P preposition, S subjunction,
C conjunction, D determiner, O pronoun, t infinitive mark, x interjection.
Standard library only.
"""
import collections
import glob
import os
import sys

CLASSES = {'adj': 'a', 'adv': 'r', 'prep': 'P', 'sbu': 'S', 'konj': 'C', 'det': 'D', 'pron': 'O', 'inf-merke': 't', 'interj': 'x'}


def word_class(pos, features):
    features = features.split('|')
    if pos == 'verb':
        if 'pres' in features or 'pret' in features:
            return 'f'
        if 'inf' in features:
            return 'i'
        if 'perf-part' in features:
            return 'p'
        return 's'
    if pos == 'subst':
        return None if 'prop' in features else 'N' if {'be', 'bu'} & set(features) else 'n'
    return CLASSES.get(pos)


def main(train):
    seen = collections.defaultdict(collections.Counter)
    for path in sorted(glob.glob(os.path.join(train, '*', '*.conll'))):
        for line in open(path, encoding='utf-8'):
            cell = line.rstrip('\n').split('\t')
            if len(cell) < 6:
                continue
            form, kind = cell[1].lower(), word_class(cell[3], cell[5])
            if kind and all(c.isalpha() or c == '-' for c in form):
                seen[form][kind] += 1
    print('word\tclasses')
    for form in sorted(seen):
        count = seen[form]
        total = sum(count.values())
        top = count.most_common()
        if total < 2 and top[0][0] not in 'PSCDOrfip':
            continue
        print(form + '\t' + ''.join(k for k, n in top if n * 10 >= total))


main(sys.argv[1])
