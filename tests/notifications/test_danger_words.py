"""What people in danger write in words that mean something ordinary elsewhere, and the ordinary ones."""

import pytest

from notifications.wording import crisis_words

# domain.md 6.2, the red row; each as phones write it.
IN_DANGER = [
    *("im going to jump", "Im gonna jump", "i want to jump", "i might just jump", "thinking about jumping"),
    *("standing on the bridge", "im on the ledge", "climbing over the rail", "im gona jump tonight"),
    *("lying on the tracks", "I could just crash my car", "i feel like jumping", "about to jump, sorry"),
    *(
        "Ive been cutting again",
        "im cutting again",
        "I've been cuting",
        "I cut again last night",
        "i want to cut",
    ),
    *(
        "started cutting again",
        "the urge to cut so bad",
        "cutting up my arms",
        "i cut my arms",
        "still cutting",
    ),
    *(
        "i have a gun",
        "ive got a gun",
        "my dads gun",
        "loaded the pistol",
        "he has a rifle",
        "theres a gun here",
    ),
    *("I have a knife", "i bought razor blades", "holding a blade", "i have a rope", "drank bleach"),
    *(
        "ive been saving up pills",
        "I have all the pills in front of me",
        "took them all",
        "i took everything",
    ),
    *("i drank it and took all of them", "going to take all my meds", "took the whole box"),
    *("a bullet for me", "tied the rope", "carbon monoxide", "you wont have to worry about me again"),
    *("goodbye, tell my kids i love them", "tell my wife im sorry", "tell them i love them", "Goodbye"),
    *(
        "goodbye everyone",
        "good bye my love",
        "goodby everybody",
        "godbye forever",
        "I love you all, goodbye",
    ),
    *(
        "this is my last text",
        "this is the last message",
        "by the time you read this ill be gone",
        "im sorry goodbye",
    ),
    *(
        "i wont be around much longer",
        "see you on the other side",
        "forgive me for what i did",
        "wont be here anymore",
    ),
    *(
        "i wrote goodbye letters",
        "left a note for my kids",
        "giving away my things",
        "look after my dog for me",
    ),
    *("im sorry for everything", "its over", "its over for me", "when you get this it will be too late"),
    *("whats the point anymore", "what is the point of living", "theres no point", "i dont see the point"),
    *("nothing left for me", "nothing matters", "nobody would miss me", "no one would care if i died"),
    *("everyone would be better if i was gone", "they would be happier without me", "im just a burden"),
    *(
        "i dont feel like living",
        "i dont care if i die",
        "lost the will to live",
        "i give up",
        "im giving up",
    ),
    *(
        "i give up, tell everyone im sorry",
        "i cant do this",
        "i cant take it",
        "cant cope",
        "cant live like this",
    ),
    *(
        "tired of fighting",
        "i just want to dissapear",
        "i want to disappear",
        "i wish i was gone",
        "sleep forever",
    ),
    *("hope i never wake up again", "i might do something stupid", "gonna do it tonight", "i have a plan"),
    *("the thoughts are back", "dark thoughts", "scared of what i might do", "i shouldnt be alone right now"),
    *(
        "i dont trust myself",
        "the voices tell me to",
        "my husband hit me",
        "he is choking me",
        "my heart stopped",
    ),
    *("I CANT TAKE IT NO MORE", "im done with everything, i give up", "thnking about jumping", "i hav a gun"),
    *("voy a saltar", "quiero saltar", "me voy a tirar", "quiero aventarme", "estoy parada en el puente"),
    *(
        "me he estado cortando",
        "me volv\u00ed a cortar",
        "me estoy cortando otra vez",
        "me cort\u00e9 los brazos",
    ),
    *("tengo una pistola", "tengo un arma", "compr\u00e9 una soga", "tengo un cuchillo", "tom\u00e9 cloro"),
    *("junt\u00e9 pastillas", "me las tom\u00e9 todas", "me voy a tomar todo"),
    *(
        "adi\u00f3s a todos",
        "dile a mis hijos que los amo",
        "d\u00edganle a mi mam\u00e1 que la quiero",
        "adios para siempre",
    ),
    *(
        "este es mi \u00faltimo mensaje",
        "me despido de todos",
        "perd\u00f3nenme por todo",
        "cuando lean esto",
    ),
    *("cuiden a mis hijos por mi", "diganle a mi esposa que la amo", "ya no voy a estar aqu\u00ed"),
    *("no le veo sentido a la vida", "no vale la pena vivir", "mi vida no vale nada", "nada tiene sentido"),
    *(
        "estar\u00edan mejor sin m\u00ed",
        "soy una carga",
        "nadie me va a extra\u00f1ar",
        "quiero dormir para siempre",
    ),
    *("voy a hacer una locura", "ya no aguanto", "ya no puedo", "me rindo", "tengo malos pensamientos"),
    *("tengo miedo de lo que pueda hacer", "mi esposo me est\u00e1 pegando", "las voces me dicen que salte"),
    *("no quiero estar viva", "ya no aguanto el dolor", "no se si pueda, ya no puedo"),
    *("life isn't worth it", "my life is not worth living", "i hope i don't wake up", "hope i dont wake up"),
    *(
        "i pray i never wake up",
        "hope I don't wake up in the morning",
        "I took too many",
        "took too many of them",
    ),
    *("took 40 ambien", "i took 20 xanax", "took like 30 of my klonopin", "I put a rope around my neck"),
    *(
        "un-alive myself",
        "ending things tonight",
        "ending it for good",
        "I have pills and vodka",
        "im on the bridge",
    ),
    *(
        "got a bottle of whiskey and my pills",
        "me pega mi esposo",
        "quisiera no despertar",
        "ojala no despierte",
    ),
    *(
        "me golpe\u00f3 mi novio",
        "ojal\u00e1 nunca despertara",
        "I'll shoot up the clinic",
        "burn down your office",
    ),
    *("shoot everyone there", "he has a knife", "my ex pulled a knife", "i burned myself on purpose"),
    *("me quem\u00e9 a prop\u00f3sito", "help me please im scared", "I'm so scared, please help me"),
    # domain.md 3.3: an emergency with chest pain, a sign of the nerves or short breath, not by itself.
    *("bp 210/130 and my chest hurts", "bp 210/130, im confused", "190 over 125 and blurry vision"),
]
# What patients of a clinic write every day; each stands beside a word above.
ORDINARY = [
    *(
        "can you cut the visit short",
        "I want to cut the visit short",
        "I'm cutting back on coffee",
        "I cut my finger",
    ),
    *(
        "cutting down on caffeine",
        "I've been cutting out sugar",
        "cutting my pills in half",
        "Me cort\u00e9 el pelo",
    ),
    *("me voy a cortar el pelo", "I need to cut it short", "I was cut off", "cutting it close, 5 min late"),
    *(
        "I'll jump on a call",
        "I'm going to jump in the shower",
        "can we jump to 10?",
        "I will jump in the car now",
    ),
    *(
        "I might jump off the bus early",
        "sorry to jump the gun",
        "going to jump at the chance",
        "jump off the bus at Main",
    ),
    *(
        "goodbye, see you Monday",
        "Thanks, goodbye",
        "ok bye",
        "goodbye and thank you",
        "good bye for now",
        "bye!",
    ),
    *(
        "say goodbye to my migraines",
        "tell my wife the time",
        "tell Priya I said thanks",
        "adi\u00f3s, hasta el lunes",
    ),
    *("massage gun", "glue gun", "it feels like a knife in my head", "a knife like pain behind my eye"),
    *(
        "bullet points are fine",
        "my last message was wrong",
        "the last text you sent",
        "this is the last text you sent me",
    ),
    *("I took everything with food", "I took it all in", "took my pills at 8", "saved the form"),
    *("I can't do this Tuesday", "I can't do it at 10", "I can't take it with food", "cant do this time"),
    *("I give up my slot", "I gave up coffee", "I'm giving up alcohol for the visit", "giving up smoking"),
    *("no point in coming twice", "what's the point of the second form?", "is there a point of contact?"),
    *("I wish the headache would disappear", "the pain has disappeared", "please take care of my refund"),
    *(
        "my ride has a plan for getting home",
        "I have a plan for my ride",
        "a plan with Aetna",
        "treatment plan",
    ),
    *("I'll do it tonight", "I'll fill it in tonight", "I don't want to be a burden but can you call?"),
    *(
        "Who will look after my dog during the visit?",
        "my husband will be with me",
        "the headache hit me at noon",
    ),
    *(
        "I want to be gone by noon",
        "thank you for everything",
        "sorry for the trouble",
        "I'm on the bridge, late",
    ),
    *(
        "no puedo ir",
        "ya no puedo ir el lunes",
        "ya no puedo con el horario",
        "voy a saltar la cita",
        "tengo un plan de pago",
    ),
    *("I hope I don't wake up late", "hope i dont wake up the kids", "hope I don't wake up with a headache"),
    *("It took too much time", "it took too much", "I took on too many shifts", "there were too many forms"),
    *(
        "I took 20 photos",
        "took 40 minutes",
        "we took 12 steps",
        "it isn't worth it",
        "the trip isn't worth it",
    ),
    *("seat belt around my shoulder", "heat pack around my neck", "ending things early is fine"),
    *(
        "Can I take my pills with wine?",
        "no alcohol and no pills since Monday",
        "I'm on the bridge, 5 min late",
    ),
    *("me peg\u00f3 la gripe", "espero no despertar tarde", "ojal\u00e1 no despierte a los ni\u00f1os"),
    *(
        "I'll shoot the clinic an email",
        "shoot everyone a text",
        "shoot up to the clinic",
        "burned myself cooking",
    ),
    *("the kitchen has knives", "I burned myself out at work", "help me, I'm scared of needles"),
    *("can you help me? I'm afraid I'll be late", "I can help, I'm not scared"),
    *(
        "adi\u00f3s, gracias",
        "me tom\u00e9 todo el d\u00eda libre",
        "voy a tirarme un rato a la cama",
        "a la cama a dormir",
    ),
]
# domain.md 6.2, the amber row: a nurse calls today.
UNWELL = [
    *("my head is spinning and I keep vomiting since yesterday", "the room is spinning", "I cant stand up"),
    *(
        "threw up 5 times",
        "been vomitting since noon",
        "keep throwin up",
        "i cant walk straight",
        "my heart is racing",
    ),
    *(
        "i feel hopeless",
        "theres no hope",
        "todo me da vueltas",
        "no puedo levantarme",
        "llevo horas vomitando",
    ),
    # domain.md 6.2: a sign of pressure is amber; 3.3: nobody is called at once for the figure alone.
    "bp 210/130",
]


@pytest.mark.parametrize("text", IN_DANGER)
def test_who_is_in_danger_is_called_at_once(text: str) -> None:
    assert crisis_words.found_in(text)
    assert crisis_words.found_in(text.upper().replace("'", "\u2019"))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_beside_them_call_nobody(text: str) -> None:
    assert not crisis_words.found_in(text)
    assert not crisis_words.worrying(text)


@pytest.mark.parametrize("text", UNWELL)
def test_who_is_unwell_is_called_today(text: str) -> None:
    assert crisis_words.worrying(text)


def test_a_pressure_by_itself_is_called_about_today_and_not_at_once() -> None:
    assert not crisis_words.found_in("bp 210/130")
    assert not crisis_words.found_in("bp 150/90 and I am confused about the time")
