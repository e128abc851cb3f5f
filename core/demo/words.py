"""What is written about the products: plain sentences, put together with care, in the voice of each house."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

import re
from typing import Any

import numpy as np

Rng = np.random.Generator

# group -> sentences that open a description; {noun} and {name} are filled in.
OPENINGS: dict[str, tuple[str, ...]] = {
    "bag": ("A {noun} for days that start early and end late.", "The {name} holds a book, a scarf and whatever the day brings.", "Roomier than it looks, the {name} keeps its shape when set down.", "A {noun} with one job: to be reached for every morning.", "Named after nobody in particular, the {name} has become a house signature.", "Our answer to the question of what to carry.", "The {name} began as a saddler's sample and stayed."),
    "shoe": ("The {name} was lasted over four days on a form from the archive.", "A {noun} you can walk to dinner in.", "Cushioned where it counts, the {name} needs no breaking in.", "A {noun} with the ease of an old friend.", "Made in a family workshop near Fermo.", "The {name} sits neatly under a trouser hem.", "Light underfoot and firm at the heel."),
    "coat": ("A coat to pull on over everything.", "The {name} is the first thing out of the wardrobe when the leaves turn.", "Cut with room for a jacket beneath.", "A {noun} that makes jeans look like a decision.", "Warmth without bulk was the brief.", "The {name} has been in the collection, in one form or another, since the beginning."),
    "jacket": ("A {noun} with a soft shoulder and a clear line.", "The {name} pulls an outfit together in one move.", "Half-lined, so that it sits lightly.", "Built on a floating canvas that moulds to you.", "A {noun} that looks right on the back of a chair, too."),
    "dress": ("The {name} does the work of a whole outfit.", "A {noun} that begins with lunch and outlasts the party.", "Cut to move, then to stop just so.", "One zip and you are dressed.", "The {name} was drawn around a single long seam.", "A {noun} for the warm half of the year, or for heating turned high."),
    "knit": ("A {noun} with the heft of something handed down.", "Knitted in one piece, with no side seams to rub.", "The {name} layers under a coat without a fight.", "Fully fashioned and linked by hand.", "A {noun} for reading in, cycling in and falling asleep in.", "Soft at the neck, steady at the cuff."),
    "shirt": ("A {noun} that earns its hanger.", "The {name} tucks in, knots, or hangs loose.", "Eighteen stitches to the inch and not one too many.", "A {noun} with a little air in it.", "Wear the {name} open over a T-shirt or closed to the throat."),
    "trousers": ("The {name} sits at the natural waist and falls straight from there.", "Trousers for sitting, cycling and standing about.", "A clean front and a comfortable back.", "The {name} has the best pockets in the house.", "Finished by hand at the waistband."),
    "skirt": ("A {noun} with swing.", "The {name} moves a half-beat after you do.", "Cut on the straight grain, lined to the hem.", "A {noun} for flat shoes and long strides."),
    "scarf": ("Wear the {name} twice round, or once with an end thrown back.", "A {noun} big enough to be a blanket on the train.", "Finished by hand on all sides.", "The easiest way to change a plain coat."),
    "hat": ("The {name} is shaped over steam by two people.", "A {noun} that survives being sat on.", "It packs flat and springs back.", "A {noun} with just enough presence."),
    "belt": ("The {name} finishes what a pair of trousers starts.", "Edges painted by hand in three passes.", "A {noun} cut from a single hide."),
    "eyewear": ("The {name} sits light on the bridge.", "Lenses with full protection from ultraviolet light.", "Five-barrel hinges that close with a quiet click.", "A shape that flatters more faces than it should."),
    "watch": ("The {name} keeps a calm sort of time.", "A Swiss movement under a sapphire crystal.", "Slim enough for a shirt cuff.", "Water resistant to fifty metres."),
    "jewellery": ("The {name} catches light from across a room.", "Small, and made to be noticed late.", "Set by hand, one claw at a time.", "The {name} layers well with what you already own.", "A piece for every day, or for one."),
    "gloves": ("Cut table by table, so that they stretch across and never along.", "The {name} are lined just enough.", "Close at the wrist, easy at the knuckle."),
    "slg": ("The {name} slips into an inside pocket.", "Room for six cards and a folded note.", "A {noun} that closes flat, even when full."),
    "tie": ("Folded seven times and slip-stitched by hand.", "The {name} knots small and holds its dimple.", "Unlined at the tip, so that it hangs softly."),
}  # fmt: skip

DETAILS: dict[str, tuple[str, ...]] = {
    "bag": ("Inside: a zipped pocket and a slot for a telephone.", "Lined in cotton twill.", "The feet keep the base off wet café floors.", "Comes with its own dust bag.", "The interior is suede to the touch.", "An outer pocket takes tickets and keys.", "Weighs less than six hundred grams."),
    "shoe": ("Leather lined, with a padded insole.", "Can be resoled for as long as the upper lives.", "Runs true to size; take the half size up for wide feet.", "Stitched, not glued.", "The lining wicks and dries overnight.", "A shoehorn and a cloth come in the box."),
    "coat": ("Fully lined, with an inside pocket for gloves.", "The hem is weighted so that it hangs straight.", "Deep pockets, lined in moleskin.", "Sits below the hip on most.", "Two inner pockets, one with a button."),
    "jacket": ("Working cuffs and three inside pockets.", "Lined in cupro, which breathes.", "Fits close through the body; take your usual size.", "The sleeve is set high for movement."),
    "dress": ("Concealed zip at the side.", "Lined to the knee.", "Has pockets. Of course it has pockets.", "The model is 178 cm tall and wears a 36.", "Falls easily over the hip.", "Bra-friendly back."),
    "knit": ("Wash cold, dry flat, wear often.", "Relaxed through the body.", "Comes with a skein for mending.", "Ribbed edges hold their spring.", "Gauge seven, about four hundred grams."),
    "shirt": ("Mother-of-pearl buttons.", "Split yoke, felled seams.", "Cut straight and a touch long.", "Irons in four minutes.", "Double cuffs can be turned once."),
    "trousers": ("Lined to the knee.", "Hem left long for your tailor.", "Two back pockets, one with a button.", "A hidden tab at the waist adds two centimetres."),
    "skirt": ("Hook and zip at the back.", "Lined in cupro.", "Two pockets in the side seams.", "Sits high at the waist."),
    "scarf": ("Dry clean, or wash by hand if you dare.", "About two metres long.", "Comes folded in a paper envelope.", "Ninety by ninety centimetres."),
    "hat": ("Grosgrain inside for a steady fit.", "Comes with a drawstring for tighter days.", "One size fits most heads; a tape makes it smaller.", "Brush with the nap."),
    "belt": ("Five holes, and a punch on request.", "Three centimetres wide at the loop.", "Solid, not plated by half measures.", "Lined in calf for grip."),
    "eyewear": ("Supplied with a hard case and a cloth.", "Prescription lenses can be fitted.", "Category three lenses.", "Made by hand in Oyonnax."),
    "watch": ("Changes straps without tools.", "Two-year warranty, ten for the movement.", "The crystal is domed by a hair.", "Thirty-six hours of reserve."),
    "jewellery": ("Hypoallergenic and free of nickel.", "Comes in a small linen box.", "The clasp is hidden.", "Adjusts to three lengths.", "Each stone differs a little from the next."),
    "gloves": ("Lined in silk.", "Lined in cashmere.", "Touch-screen tips on thumb and forefinger."),
    "slg": ("Edges inked by hand.", "Guarded against card skimming.", "The lining is thin goatskin."),
    "tie": ("Eight centimetres at its widest.", "Keeper loop in the same cloth.", "Finished with a bar tack."),
}  # fmt: skip

# Types whose making differs from the rest of their group.
OPENINGS_OF: dict[str, tuple[str, ...]] = {
    "Clutches": ("A {noun} for lipstick, keys and one secret.", "The {name} fits in one hand and leaves the other for a glass.", "Small, with presence."),
    "Backpacks": ("A {noun} for people who like their hands free.", "The {name} carries a weekend and sits flat on the back."),
    "Tote bags": ("The {name} swallows a working day and asks for more.", "A {noun} that stands up by itself.", "Room for a laptop, a lunch and a pair of shoes.", "A {noun} that began as a market bag."),
    "Sneakers": ("A {noun} with a quiet profile.", "The {name} runs for trams and looks calm doing it.", "Cupped heel, soft sole, no fuss.", "A {noun} that goes with the good trousers, too."),
    "Sandals": ("A {noun} for hot pavements and cool floors.", "The {name} buckles once and stays put.", "Straps placed where a foot does not rub.", "The {name} was drawn on a beach."),
    "Espadrilles": ("A {noun} sewn to a rope sole by hand.", "The {name} smells of jute and summer."),
    "Puffer coats": ("Warm as a duvet and about as heavy as a jumper.", "The {name} packs into its own pocket.", "A {noun} for platforms at seven in the morning."),
    "Trench coats": ("A {noun} for the undecided months.", "The {name} takes rain the way it is meant to be taken.", "Made for weather that cannot make up its mind."),
    "T-shirts": ("The {name} is the one you take from the top of the pile.", "A {noun} with a neck that keeps its shape.", "Cut from a jersey with some weight to it.", "Plain work, done well."),
    "Blouses": ("A {noun} with air in the sleeve.", "The {name} makes a plain skirt look planned.", "Gathered where it flatters.", "A {noun} that likes a jacket over it."),
    "Jeans": ("The {name} is cut like a pair we found in an attic.", "Jeans that start stiff and end as friends.", "A clean leg and a high back.", "No stretch, no tricks."),
    "Shorts": ("The {name} ends where the knee begins.", "Shorts with the manners of trousers.", "For heat, and for pretending."),
    "Beanies": ("The {name} covers the ears and stays up.", "A {noun} knitted in the round.", "Small enough for a pocket, warm enough for a pier."),
    "Baseball and bucket hats": ("A {noun} for glare, drizzle and bad hair.", "The {name} is stitched, not glued, and can be washed."),
    "Silk scarves": ("Wear the {name} at the neck, in the hair or on the handle of a bag.", "A picture that folds.", "Printed screen by screen, one for each colour."),
    "Polo shirts": ("The {name} is a shirt that thinks it is a jumper.", "A {noun} for both sides of the net.", "Knitted, not cut, so the collar lies flat."),
    "Optical frames": ("The {name} is a frame for reading menus and contracts.", "Light enough to forget.", "A {noun} with a straight look."),
}  # fmt: skip
DETAILS_OF: dict[str, tuple[str, ...]] = {
    "Clutches": ("A wrist loop hides inside.", "Fits a telephone and a card case.", "Magnetic closure.", "Lined in moiré."),
    "Crossbody bags": ("The strap shortens to a shoulder length.", "Three card slots inside.", "Weighs less than four hundred grams.", "Comes with its own dust bag."),
    "Backpacks": ("Padded sleeve for a fifteen-inch laptop.", "Straps adjust with one hand.", "A flat pocket lies against the back.", "Rainproof zips."),
    "Bucket bags": ("The cord can be tied or left loose.", "Comes with a zipped pouch.", "Unlined, so you see the back of the hide."),
    "Hobo bags": ("One long zip and a pocket for keys.", "Slouches more with time.", "Unlined and light."),
    "Sneakers": ("Removable insole.", "The rubber is a third recycled.", "Runs half a size large.", "Comes with two pairs of laces."),
    "Sandals": ("Leather insole, rubber under the toe.", "Runs true to size.", "Padded under the ball of the foot."),
    "Espadrilles": ("Rope sole, dipped in rubber.", "Take your smaller size; they give."),
    "Pumps": ("A padded insole and a steady heel.", "Leather lined throughout.", "Runs narrow at the toe.", "Comes with spare heel tips."),
    "Puffer coats": ("Two-way zip.", "The cuffs hide a second, knitted one.", "Machine washable with two tennis balls.", "Fleece in the pockets."),
    "Trench coats": ("Buttoned storm flap and a vented back.", "Half lined.", "Buckled cuffs keep the wind out."),
    "T-shirts": ("Taped at the shoulder.", "Side seams that stay at the side.", "Washes at thirty degrees.", "Falls to the hip."),
    "Blouses": ("Covered buttons at the back of the neck.", "Deep cuffs.", "French seams throughout.", "Slightly sheer; a camisole helps."),
    "Jeans": ("Five pockets and a copper rivet each.", "Will shrink half a size, then settle.", "Button fly.", "Hem left raw on request."),
    "Shorts": ("Side pockets and one at the back.", "Inside leg of eighteen centimetres.", "Partly elasticated at the back."),
    "Chinos": ("Slanted pockets and a coin pocket.", "Garment dyed.", "Washes and wears without an iron."),
    "Beanies": ("Turn the cuff once or twice.", "Wash by hand, dry flat.", "Double layered over the ears."),
    "Baseball and bucket hats": ("Adjusts at the back.", "Eyelets for air.", "Lined brim."),
    "Berets and caps": ("Lined in satin.", "Leather sweatband.", "Packs in a coat pocket."),
    "Wool scarves": ("About two metres long.", "Fringes twisted by hand.", "Dry clean, or wash by hand if you dare."),
    "Silk scarves": ("Hem rolled and sewn by hand.", "Comes folded in a paper envelope.", "Ninety by ninety centimetres, or near enough."),
    "Optical frames": ("Prescription lenses can be fitted.", "Supplied with a slim case.", "Nose pads in soft silicone."),
    "Earrings": ("Hypoallergenic and free of nickel.", "Sold as a pair, or singly on request.", "Light on the lobe.", "Comes in a small linen box."),
    "Rings": ("Can be resized once, for nothing.", "Comes in a small linen box.", "Comfortable on the inside, where it counts."),
    "Bracelets": ("Closes with a click you can hear.", "Comes in a small linen box.", "Links can be added or taken away."),
    "Brooches": ("The pin locks and leaves no hole.", "Comes in a small linen box."),
    "Shirts": ("Mother-of-pearl buttons.", "Split yoke, felled seams.", "Cut straight and a touch long.", "Irons in four minutes."),
    "Wide-leg trousers": ("Hem left long for your tailor.", "Two side pockets.", "A hidden tab at the waist adds two centimetres."),
    "Skirts": ("Hook and zip at the back.", "Two pockets in the side seams.", "Sits high at the waist.", "Made to be walked in."),
    "Polo shirts": ("Knitted collar that stays up.", "Three buttons.", "Wash cold, dry flat."),
}  # fmt: skip

OCCASION_WORDS: dict[str, tuple[str, ...]] = {
    "work": ("{a} for the office and the train home.", "{a} for boardrooms and their corridors.", "Serious enough for the office.", "{a} for desks, lunches and late meetings."),
    "day": ("{a} for every day of the week.", "{a} for markets and museums alike.", "Easy from morning to night.", "{a} for errands and whatever follows."),
    "evening": ("{a} for candlelight.", "{a} for dinners that run late.", "Saved for the evening, though nobody would mind it at noon.", "{a} for the second act."),
    "weekend": ("{a} for Saturdays with no plan.", "{a} for long walks.", "Weekend wear in the good sense.", "{a} for slow breakfasts."),
    "travel": ("{a} for night trains.", "Packs without complaint.", "{a} for arrivals and departures.", "Carry-on approved."),
    "holiday": ("{a} for terraces, ferries and salt air.", "{a} to pack first.", "Summer, in short.", "{a} for long lunches by the water."),
    "ceremony": ("{a} for weddings, christenings and being looked at.", "Dressed up, never stiff.", "{a} for occasions with speeches."),
    "sport": ("{a} for running after the bus.", "Takes a shower of rain without comment.", "{a} with sport in mind."),
}  # fmt: skip

VOICES: dict[str, tuple[str, ...]] = {
    "quiet": ("Nothing shouts.", "Made to be kept.", "The kind of plain that takes time.", "Unlined where it can be, finished where nobody looks."),
    "evening": ("There is drama, but it is well rehearsed.", "Made in the atelier above the theatre.", "A little dangerous, in the best way."),
    "workshop": ("Cut, stitched and burnished on one bench.", "Repairs are free for life.", "Signed inside by the person who made it.", "Numbered in pencil."),
    "sunny": ("Made by the sea, and it shows.", "The colours are those of a harbour in May.", "Best worn with bare ankles and no hurry."),
    "romantic": ("Like a letter that took three drafts.", "Drawn first in watercolour.", "Sweet, with an edge if you look twice."),
    "outdoor": ("Tested on the fells in February.", "There is no bad weather.", "Designed with the people who mend our clothes."),
    "plain": ("As straightforward as it sounds.", "The same pattern since 1974.", "Sturdy, washable, French."),
    "minimal": ("Less, and then a little less.", "No logo, inside or out.", "Drawn with a ruler and one good curve."),
    "precious": ("Assembled under a loupe.", "Recorded in the ledger with its number.", "Made to be inherited."),
    "bright": ("Life is short; wear the loud one.", "Mixes with anything, matches nothing.", "Guaranteed to start conversations."),
    "casual": ("Gets better with every wash.", "Workwear at heart.", "Made for people who carry things."),
    "new": ("From our first collection.", "A small run, cut in south London.", "Made by a studio of five."),
}  # fmt: skip

SHADE_LINES = (
    "Here in {shade}.",
    "This one comes in {shade}.",
    "Shown in {shade}.",
    "The {shade} is dyed in small lots.",
    "In {shade}, a colour we return to.",
    "{shade_c} this season.",
    "We chose {shade} for it.",
)

PERSONAL_STYLE: dict[str, tuple[str, ...]] = {
    "quiet": ("timeless", "understated"), "evening": ("glamorous", "dramatic"), "workshop": ("heritage", "crafted"), "sunny": ("relaxed", "riviera"),
    "romantic": ("romantic", "feminine"), "outdoor": ("rugged", "cosy"), "plain": ("classic", "nautical"), "minimal": ("minimal", "architectural"),
    "precious": ("refined", "delicate"), "bright": ("playful", "bold"), "casual": ("casual", "utility"), "new": ("bohemian", "independent"),
}  # fmt: skip


def title(name: str, noun: str, shade: str, rng: Rng) -> str:
    """A product's title. The house is not part of it."""
    form = int(rng.integers(4))
    if form == 0:
        return f"{name} {noun} in {shade}"
    if form == 1:
        return f"{name} {noun}, {shade}"
    return f"{name} {shade} {noun}"


def _articled(sentence: str) -> str:
    """`An` before a vowel."""
    return re.sub(r"^A (?=[aeiouAEIOU])", "An ", sentence)


def description(
    rng: Rng,
    shade_rng: Rng,
    *,
    group: str,
    type_: str,
    noun: str,
    name: str,
    said: tuple[str, ...],
    occasion: tuple[str, ...],
    voice: str,
    shade: str,
) -> str:
    """Three to six sentences. `rng` is the family's, so its colourways share a text; `shade_rng` is the colourway's own."""

    def one(sentences: tuple[str, ...], r: Rng = rng) -> str:
        return sentences[int(r.integers(len(sentences)))]

    plural = noun.endswith("s") and not noun.endswith(("ss", "dress"))
    a = noun[0].upper() + noun[1:] if plural else f"A {noun}"
    fill: dict[str, Any] = {"noun": noun, "name": name, "a": a}
    opening = _articled(one(OPENINGS_OF.get(type_, OPENINGS[group])).format(**fill))
    if not plural and rng.random() < 0.75:
        opening = re.sub(rf"([Tt])he {re.escape(name)} ", rf"\1he {name} {noun} ", opening, count=1)
    material = one(said)
    details = DETAILS_OF.get(type_, DETAILS[group])
    detail = one(details)
    wear = _articled(one(OCCASION_WORDS[occasion[0]]).format(**fill))
    tone = one(VOICES[voice])
    order = int(rng.integers(6))
    parts = {
        0: [opening, material, detail, wear],
        1: [material, opening, wear],
        2: [opening, wear, material, tone],
        3: [tone, opening, material, detail],
        4: [opening, material, detail, tone, wear],
        5: [material, opening, detail, tone],
    }[order]
    line = one(SHADE_LINES, shade_rng).format(shade=shade, shade_c=shade[0].upper() + shade[1:])
    if shade_rng.random() < 0.55:
        parts.insert(int(shade_rng.integers(1, len(parts) + 1)), line)
    if shade_rng.random() < 0.3:
        extra = one(details, shade_rng)
        if extra not in parts:
            parts.append(extra)
    return " ".join(parts)
