#!/usr/bin/env python3
"""Tries the page of examples/highlight.rs in headless Chromium: no errors, hover, keyboard, switches, narrow screens, print, accessibility.

usage: check.py [PAGE.html...]        without a page, those of shipped articles and of a hostile one, made with cargo

Wants Debian's `chromium` and `chromium-driver`, and `python -m pip install selenium==4.51.0`; for the rules of axe-core (WCAG 2.2 AA) also
AXE=path/to/axe.min.js of `npm install axe-core@4.14.1`. What is not there is skipped, which is said. With SHOTS=FOLDER it leaves pictures there.
The browser is kept from the network.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = ["ntb_nb", "utenriks_nb", "sport_nn", "kultur_nn"]
HOSTILE = """date 2024-05-17

<script>alert(1)</script> "Ny" ferge</title></style> --!> til Sandøya

– Vi er <b onmouseover="alert(1)">klare</b> & \u202eglade' "nå", sier ordfører Kari Nordheim (Ap). Hun tror at <img src=x onerror=alert(1)> er «helt </p> fint» i Oslo.

שלום, sier Olav Vik. \u2067– Ja, svarer Nordheim.

"""


def skip(what):
    print(f"SKIPPED: {what}")
    sys.exit(0)


try:
    from selenium import webdriver
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError as e:
    skip(f"the page in a browser: {e}")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
if not CHROMIUM or not DRIVER:
    skip("the page in a browser: no chromium with chromedriver in PATH")
AXE = os.environ.get("AXE")


def browser(javascript=True):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"]:
        options.add_argument(argument)
    if not javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))


def size(driver, width, height):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def media(driver, scheme="light", motion="no-preference", kind=""):
    features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})


def shot(driver, name):
    if folder := os.environ.get("SHOTS"):
        driver.save_screenshot(str(Path(folder) / f"{name}.png"))


class Page:
    def __init__(self, driver, path):
        self.driver, self.path = driver, path
        media(driver)
        size(driver, 1280, 900)
        driver.get(Path(path).resolve().as_uri())

    def js(self, script, *arguments):
        return self.driver.execute_script("return " + script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def away(self):
        self.js("document.activeElement.blur()")
        ActionChains(self.driver).move_to_element(self.one(".brand")).perform()
        assert not self.all(".on"), "something is lit with nothing under the pointer"

    def hover(self, element):
        self.away()
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        ActionChains(self.driver).move_to_element(element).perform()

    def lit(self, selector):
        return self.all(f"{selector}.on")

    def checks(self):
        for check in [self.tree, self.mentions, self.quotes, self.keyboard, self.language, self.colours, self.layers, self.narrow, self.printed, self.axe]:
            check()
        log = [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        assert not log, log

    def tree(self):
        """One h1, no heading skipped, landmarks, links that lead somewhere, nothing loaded."""
        levels = [int(h.tag_name[1]) for h in self.all("h1, h2, h3, h4")]
        assert levels.count(1) == 1, levels
        for landmark in ["header", "main", "footer"]:
            assert len(self.all(landmark)) == 1, landmark
        assert self.js("[...document.querySelectorAll('a[href]')].every(a => document.getElementById(a.hash.slice(1)))")
        assert self.js("[...document.querySelectorAll('[id]')].length == new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size")
        assert self.js("performance.getEntriesByType('resource').length") == 0
        assert len(self.all("script")) == 1 and not self.all("article b, article img, article script")

    def mentions(self):
        """One mention under the pointer: all of its entity are lit, and nothing else of the article."""
        links = self.all("article a.m.link") or self.all("article a.m")
        for link in links[:3] + self.all("article a.m")[:3]:
            entity = link.get_attribute("data-e")
            self.hover(link)
            lit = self.lit("article a.m")
            assert {a.get_attribute("data-e") for a in lit} == {entity}, "other entities are lit"
            assert len(lit) == len(self.all(f"article a.m[data-e='{entity}']"))
            assert self.lit(f"#e{entity}")

    def quotes(self):
        """A quote under the pointer: it, its cue and its source are lit, the card says who, and a line joins it to the speaker."""
        for quote in self.all("article .q[id]")[:6]:
            number = quote.get_attribute("data-q")
            self.away()
            self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", quote)
            ActionChains(self.driver).move_to_element(self.one(f"article .n[data-q='{number}']")).perform()
            assert len(self.lit("article .q")) == len(self.all(f"article .q[data-q='{number}']"))
            for role in ["cue", "source"]:
                assert len(self.lit(f"article .{role}")) == len(self.all(f"article .{role}[data-q~='{number}']")), role
            assert self.lit(f"#s{number}")
            if self.all(f"article .source[data-q~='{number}']"):
                assert self.one("#thread path").get_attribute("d").startswith("M")
            item, card = self.one(f"#s{number}"), self.one("#card")
            seen = self.js("(b => b.top >= 0 && b.bottom <= innerHeight)(arguments[0].getBoundingClientRect())", item)
            assert card.is_displayed() != seen
            if card.is_displayed():
                name = self.js("arguments[0].closest('.speaker').querySelector('h3').innerText", item)
                assert name.split("\n")[0].strip() in card.text, (name, card.text)

    def keyboard(self):
        """Tab leads first to the skip link, then on; focus lights as the pointer does; Escape puts it out."""
        self.away()
        self.js("(document.activeElement.blur(), window.getSelection().removeAllRanges(), scrollTo(0, 0))")
        self.driver.get(self.driver.current_url.split("#")[0])
        keys = ActionChains(self.driver)
        keys.send_keys(Keys.TAB).perform()
        assert self.js("document.activeElement.className") == "skip"
        assert self.js("document.activeElement.getBoundingClientRect().top") >= 0, "the skip link is out of sight"
        order = []
        for _ in range(12):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            order.append(self.js("document.activeElement.id || document.activeElement.dataset.layer || document.activeElement.className"))
        assert order[:2] == ["language", "dark"], order
        self.one(".skip").send_keys(Keys.ENTER)
        assert self.js("document.activeElement.id") == "article"
        if link := (self.all("article a.m") or [None])[0]:
            self.js("arguments[0].focus()", link)
            assert self.lit("article a.m") and self.js("getComputedStyle(arguments[0]).outlineStyle", link) != "none"
            ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
            assert not self.all(".on")
        if number := (self.all("article a.n") or [None])[0]:
            number.send_keys(Keys.ENTER)
            assert self.js("location.hash") == "#s" + number.get_attribute("data-q")
            assert self.js("document.querySelector(':target').tagName") == "LI"
        self.driver.get(self.driver.current_url.split("#")[0])

    def language(self):
        article, before = self.one("article").get_attribute("lang"), self.js("document.documentElement.lang")
        norwegian = self.one("#h-said").text
        self.one("#language").click()
        assert self.js("document.documentElement.lang") == "en" and self.one("#h-said").text == "Who said what"
        assert self.one("article").get_attribute("lang") == article == before
        assert not [e for e in self.all(".ui[lang=nb], .ui[lang=nn]") if e.is_displayed()]
        self.one("#language").click()
        assert self.one("#h-said").text == norwegian == {"nb": "Hvem sa hva", "nn": "Kven sa kva"}[article]

    def colours(self):
        ground = lambda: self.js("getComputedStyle(document.body).backgroundColor")
        light = ground()
        media(self.driver, "dark")
        dark = ground()
        assert dark != light
        # The page hears of it with the next frame.
        self.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0]))")
        assert self.one("#dark").get_attribute("aria-pressed") == "true"
        self.one("#dark").click()
        assert ground() == light and self.one("#dark").get_attribute("aria-pressed") == "false"
        media(self.driver)
        self.one("#dark").click()
        assert ground() == dark
        self.one("#dark").click()
        media(self.driver, motion="reduce")
        assert self.js("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        assert self.js("[...document.querySelectorAll('.m')].every(e => getComputedStyle(e).transitionDuration == '0s')")
        media(self.driver)

    def layers(self):
        for button in self.all("[data-layer]"):
            button.click()
            assert button.get_attribute("aria-pressed") == "false"
            layer = button.get_attribute("data-layer")
            if layer in ("per", "org", "gpe", "loc"):
                lines = self.js(f"[...document.querySelectorAll('article .m.{layer}:not(.link)')].map(e => getComputedStyle(e).textDecorationLine)")
                assert set(lines) <= {"none"}, layer
            button.click()

    def narrow(self):
        for width in [320, 360, 768]:
            size(self.driver, width, 800)
            assert self.js("document.documentElement.scrollWidth") <= width, f"wider than {width}"
        size(self.driver, 1280, 900)

    def printed(self):
        media(self.driver, "dark", kind="print")
        assert not self.one(".switches").is_displayed()
        assert self.js("getComputedStyle(document.documentElement).colorScheme") == "light"
        media(self.driver)

    def axe(self):
        if not AXE:
            return
        for scheme, hovered in [("light", False), ("dark", False), ("light", True), ("dark", True)]:
            media(self.driver, scheme, motion="reduce")
            if hovered and (quote := (self.all("article .q") or [None])[0]):
                self.hover(quote)
            self.driver.execute_script(Path(AXE).read_text(encoding="utf-8"))
            result = self.driver.execute_async_script("axe.run(document, {resultTypes: ['violations']}).then(arguments[0])")
            found = [(v["id"], v["impact"], [n["html"][:160] for n in v["nodes"][:3]]) for v in result["violations"]]
            assert not found, found
        media(self.driver)


def without_javascript(pages):
    driver = browser(javascript=False)
    try:
        for path in pages:
            driver.get(Path(path).resolve().as_uri())
            assert not driver.find_element(By.CSS_SELECTOR, ".switches").is_displayed(), "a switch that does nothing is shown"
            assert driver.find_element(By.TAG_NAME, "article").is_displayed()
            assert driver.find_element(By.ID, "h-said").is_displayed()
    finally:
        driver.quit()


def pictures(driver, path):
    name = Path(path).stem
    for tag, width, height, scheme in [("light", 1280, 1000, "light"), ("dark", 1280, 1000, "dark"), ("wide", 1800, 1100, "light"), ("narrow", 360, 900, "light")]:
        size(driver, width, height)
        media(driver, scheme)
        driver.get(Path(path).resolve().as_uri())
        shot(driver, f"{name}-{tag}")


def main():
    pages = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if not pages:
            texts = {name: (ROOT / f"examples/articles/{name}.txt").read_text(encoding="utf-8") for name in ARTICLES}
            for name, text in (texts | {"hostile": HOSTILE, "empty": ""}).items():
                page = Path(folder) / f"{name}.html"
                command = ["cargo", "run", "--quiet", "--release", "--example", "highlight", "--", "-o", str(page), "-"]
                subprocess.run(command, cwd=ROOT, input=text.encode(), check=True)
                pages.append(str(page))
        driver = browser()
        try:
            for path in pages:
                Page(driver, path).checks()
                print(f"ok, {Path(path).name}")
                if os.environ.get("SHOTS"):
                    pictures(driver, path)
        finally:
            driver.quit()
        without_javascript(pages)
        print("ok, without JavaScript")
    print("ok, axe-core" if AXE else "SKIPPED: axe-core; AXE names its axe.min.js")


main()
