"""Classical speech synthesis as fake systems: espeak-ng, flite, festival (all from Debian).

Sentences are our own. Yields (samples, fields). Which engine serves which split is decided in splits.py.
"""

import itertools
import random
import subprocess
import tempfile
from pathlib import Path

import soundfile

from speech import resample

SENTENCES = {
    "en": ["The last train leaves the harbour at a quarter past nine.", "Please call me back before you sign anything.",
           "My sister keeps seven hens behind the old school.", "We measured the bridge twice and got two answers.",
           "Nobody told the driver that the road was closed.", "It rained so hard that the cellar filled with water.",
           "I would like to change the address on my account.", "Seventeen boxes of paper arrived this morning.",
           "The recipe asks for butter, sugar and a little patience.", "Could you read the number on the back of the card?",
           "They argued about the map until the sun went down.", "Her voice was calm, but her hands were shaking."],
    "fr": ["Le dernier train quitte le port à neuf heures et quart.", "Rappelez-moi avant de signer quoi que ce soit.",
           "Ma sœur garde sept poules derrière la vieille école.", "Il a tant plu que la cave s'est remplie d'eau."],
    "es": ["El último tren sale del puerto a las nueve y cuarto.", "Llámame antes de firmar cualquier cosa.",
           "Mi hermana tiene siete gallinas detrás de la escuela vieja.", "Llovió tanto que el sótano se llenó de agua."],
    "de": ["Der letzte Zug verlässt den Hafen um Viertel nach neun.", "Bitte ruf mich an, bevor du etwas unterschreibst.",
           "Meine Schwester hält sieben Hühner hinter der alten Schule.", "Es regnete so stark, dass der Keller voll lief."],
    "ru": ["Последний поезд уходит из порта в четверть десятого.", "Перезвоните мне, прежде чем что-нибудь подписывать.",
           "Моя сестра держит семь кур за старой школой.", "Шёл такой дождь, что подвал залило водой."],
    "pt": ["O último comboio sai do porto às nove e um quarto.", "Liga-me antes de assinares qualquer coisa.",
           "A minha irmã tem sete galinhas atrás da escola velha."],
    "nl": ["De laatste trein vertrekt om kwart over negen uit de haven.", "Bel me terug voordat je iets ondertekent.",
           "Mijn zus houdt zeven kippen achter de oude school."],
    "pl": ["Ostatni pociąg odjeżdża z portu kwadrans po dziewiątej.", "Zadzwoń do mnie, zanim cokolwiek podpiszesz."],
    "cs": ["Poslední vlak odjíždí z přístavu ve čtvrt na deset.", "Zavolejte mi, než něco podepíšete.",
           "Moje sestra chová sedm slepic za starou školou."],
    "fi": ["Viimeinen juna lähtee satamasta vartin yli yhdeksän.", "Soita minulle ennen kuin allekirjoitat mitään.",
           "Sisareni pitää seitsemää kanaa vanhan koulun takana."],
    "ca": ["El darrer tren surt del port a un quart de deu.", "Truca'm abans de signar qualsevol cosa.",
           "La meva germana té set gallines darrere l'escola vella."],
    "it": ["L'ultimo treno lascia il porto alle nove e un quarto.", "Richiamami prima di firmare qualsiasi cosa.",
           "Mia sorella tiene sette galline dietro la vecchia scuola."],
}
ESPEAK_LANGUAGES = {"en": "en-us", "fr": "fr-fr", "es": "es", "de": "de", "ru": "ru", "pt": "pt", "nl": "nl", "pl": "pl", "cs": "cs",
                    "fi": "fi", "it": "it"}
ESPEAK_VARIANTS = ["", "+m1", "+m2", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+klatt2", "+klatt4"]
FLITE_VOICES = ["kal16", "awb", "rms", "slt"]
FESTIVAL_VOICES = {"kal_diphone": "en", "suo_fi_lj_diphone": "fi", "hy_fi_mv_diphone": "fi", "czech_dita": "cs",
                   "czech_machac": "cs", "msu_ru_nsh_clunits": "ru", "cmu_us_slt_arctic_hts": "en", "upc_ca_ona_hts": "ca"}
FESTIVAL_CHARSET = {"fi": "latin-1", "cs": "iso8859-2", "ca": "latin-1", "ru": "utf-8", "en": "utf-8"}


def _run(command, wav, text=None):
    """Runs one synthesiser; float32 16 kHz samples, or None if it failed."""
    done = subprocess.run(command, input=text, capture_output=True)
    if done.returncode or not Path(wav).exists() or Path(wav).stat().st_size < 4000:
        return None
    data, rate = soundfile.read(wav, dtype="float32")
    return resample(data, rate, 16_000)


def espeak(wav, text, voice, pitch=50, speed=165):
    return _run(["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "-w", wav, text], wav)


def ipa(text, voice, *options):
    """How espeak-ng would pronounce a text, in IPA, on one line."""
    spoken = subprocess.run(["espeak-ng", "-q", "--ipa", *options, "-v", voice, text], capture_output=True, text=True, check=True)
    return " ".join(spoken.stdout.split())


def all_classical(seed=1):
    """Every engine, voice and sentence once (espeak-ng with random pitch and speed)."""
    draw = random.Random(seed)
    folder = tempfile.TemporaryDirectory()
    wav = str(Path(folder.name) / "out.wav")

    def row(system, voice, language, count):
        return dict(system=system, speaker=f"{system}-{voice}", language=language, licence="own text; engine's output", source=f"{voice}:{count}")

    for language, name in ESPEAK_LANGUAGES.items():
        for count, variant in itertools.product(range(3 if language == "en" else 2), ESPEAK_VARIANTS):
            texts = draw.sample(SENTENCES[language], 2)
            wave = espeak(wav, " ".join(texts), name + variant, draw.randint(25, 75), draw.randint(130, 210))
            if wave is not None:
                yield wave, row("espeak-ng", name + variant, language, count)
    for voice, (count, text) in itertools.product(FLITE_VOICES, enumerate(itertools.combinations(SENTENCES["en"], 2))):
        if count % 3 == 0:
            wave = _run(["flite", "-voice", voice, "-t", " ".join(text), "-o", wav], wav)
            if wave is not None:
                yield wave, row("flite", voice, "en", count)
    for voice, language in FESTIVAL_VOICES.items():
        system = "festival-hts" if voice.endswith("hts") else "festival"
        for count, text in enumerate(itertools.permutations(SENTENCES[language], 2)):
            if count >= 30:
                break
            Path(wav).unlink(missing_ok=True)
            spoken = " ".join(text).encode(FESTIVAL_CHARSET[language], "replace")
            wave = _run(["text2wave", "-eval", f"(voice_{voice})", "-o", wav], wav, spoken)
            if wave is not None:
                yield wave, row(system, voice, language, count)
