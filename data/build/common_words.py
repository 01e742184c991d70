#!/usr/bin/env python3
"""Makes data/common_words.tsv: forms that stand in lower case nearly always.

usage: common_words.py PROSE > data/common_words.tsv        PROSE: running text, or an .xz of it (NoReC 2.1 for the shipped table)

Small letters count everywhere, capitals only inside sentences: after a letter, a digit or a comma. A form is common when it is seen at least
LEAST times in small letters and SHARE of its occurrences are such. Standard library only.
"""
import collections
import lzma
import re
import sys

LEAST, SHARE = 10, .9
small, capital = collections.Counter(), collections.Counter()
prose = sys.argv[1]
for line in (lzma.open if prose.endswith('.xz') else open)(prose, 'rt', encoding='utf-8'):
    before = ''
    for match in re.finditer(r"([^\W\d_]+(?:-[^\W\d_]+)*)|(\S)", line):
        word, sign = match.groups()
        if word and word.islower():
            small[word] += 1
        elif word and (before.isalnum() or before == ','):
            capital[word.lower()] += 1
        before = (word or sign)[-1]
print('word')
for word in sorted(small):
    if small[word] >= LEAST and small[word] >= SHARE * (small[word] + capital[word]):
        print(word)
