#!/usr/bin/env python3
"""Makes data/variety_words.tsv: words that tell Nynorsk from Bokmål, with the log odds.

usage: variety.py NORNE_TRAIN > data/variety_words.tsv        NORNE_TRAIN: a folder with nb/*.conll and nn/*.conll (NorNE, training part)

Names are left out, and words seen in under four documents of the two. Add-one smoothing; weights of at least 0.7, cut at 4.
Standard library only.
"""
import collections
import glob
import math
import os
import sys

count = {v: collections.Counter() for v in ('nb', 'nn')}
documents = collections.defaultdict(set)
for v in count:
    for path in sorted(glob.glob(os.path.join(sys.argv[1], v, '*.conll'))):
        for line in open(path, encoding='utf-8'):
            cell = line.rstrip('\n').split('\t')
            if len(cell) > 5 and cell[1].isalpha() and 'prop' not in cell[5].split('|'):
                count[v][cell[1].lower()] += 1
                documents[cell[1].lower()].add(path)
total = {v: sum(count[v].values()) for v in count}
print('word\tnynorsk')
for word in sorted(documents):
    if len(documents[word]) < 4 or len(word.encode()) > 24:
        continue
    odds = math.log((count['nn'][word] + 1) / (total['nn'] + 1)) - math.log((count['nb'][word] + 1) / (total['nb'] + 1))
    if abs(odds) >= 0.7:
        print(f'{word}\t{max(-4, min(4, odds)):.1f}')
