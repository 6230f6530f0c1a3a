"""Address books as phones and programs export them, down to folding, character sets and line ends. All are made up."""


def lines(text: str, newline: str = "\r\n") -> bytes:
    return newline.join([*text.strip("\n").split("\n"), ""]).encode()


PICTURE = "/9j/4AAQSkZJRgABAQAASABIAAD/4QBMRXhpZgAATU0AKgAAAAgAAYdpAAQAAAABAAAAGgAAAAAAA6ABAAMAAAABAAEAAKACAAQAAAABAAAA"

APPLE = lines(
    rf"""
BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 17.5.1//EN
N:Appleseed;John;;Dr.;
FN:Dr. John Appleseed
X-PHONETIC-FIRST-NAME:Jon
ORG:Orchard\, Inc.;Grafting;
TITLE:Head Gardener
item1.EMAIL;type=INTERNET;type=pref:John-Appleseed@mac.example
item1.X-ABLabel:_$!<HomePage>!$_
EMAIL;type=INTERNET;type=WORK:john@orchard.example
TEL;type=CELL;type=VOICE;type=pref:888-555-5512
TEL;type=IPHONE;type=CELL;type=VOICE:+1 (888) 555-1212
item2.TEL:{chr(0x202A)}+972 55-000-0222{chr(0x202C)}
item2.X-ABLabel:דירה
item3.ADR;type=HOME;type=pref:;;3494 Kuzy Street\nUnit 4;Atlanta;GA;30303;USA
item3.X-ABADR:us
item4.URL;type=pref:https\://orchard.example/john
item4.X-ABLabel:_$!<HomePage>!$_
BDAY;X-APPLE-OMIT-YEAR=1604:1604-06-22
NOTE:Likes pears.\nNot apples.
X-SOCIALPROFILE;type=twitter:http://twitter.example/john
PHOTO;ENCODING=b;TYPE=JPEG:{PICTURE}
 {PICTURE}
 {PICTURE}=
X-ABShowAs:PERSON
REV:2026-02-03T10:11:12Z
UID:6B29FC40-CA47-1067-B31D-00DD010662DA
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:;;;;
FN:Acme Repairs
ORG:Acme Repairs;
TEL;type=WORK;type=VOICE;type=pref:03-555-0222
X-ABShowAs:COMPANY
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Gardeners;;;;
FN:Gardeners
X-ADDRESSBOOKSERVER-KIND:group
X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:6B29FC40-CA47-1067-B31D-00DD010662DA
UID:AAAA
END:VCARD
"""
)

GOOGLE = lines(
    r"""
BEGIN:VCARD
VERSION:3.0
FN:דנה כהן
N:כהן;דנה;;;
NICKNAME:דנדוש
EMAIL;TYPE=INTERNET;TYPE=HOME:dana@example.org
TEL;TYPE=CELL:+972 55-000-0222
item1.TEL:0550000333
item1.X-ABLabel:סבתא
item2.EMAIL;TYPE=INTERNET:dana2@example.org
item2.X-ABLabel:
ADR;TYPE=HOME:;;רחוב הדוגמה 1;חיפה;;3303;ישראל;רחוב הדוגמה 1\nחיפה
ORG:דוגמה בע"מ
TITLE:מנהלת
BDAY:19900131
item3.URL:https\://www.google.example/profiles/1
item3.X-ABLabel:PROFILE
PHOTO:https://lh3.example/contacts/abc
CATEGORIES:myContacts,starred
END:VCARD
""",
    "\n",
)

ANDROID = (
    lines(
        f"""
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D7=9C=D7=95=D7=99;=D7=9E=D7=A9=D7=94;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D7=9E=D7=A9=D7=94=20=D7=9C=D7=95=D7=99=20=D7=A8=D7=95=D7=90=D7=94=
=20=D7=97=D7=A9=D7=91=D7=95=D7=9F
TEL;CELL;PREF:055-000-0222
TEL;X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=D7=A1=D7=91=D7=AA=D7=90):+972550000333
TEL;X-Lake House:+972550000444
TEL;WORK;FAX:03-5550222
EMAIL;WORK:moshe@example.org
ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;=D7=A8=D7=97=D7=95=D7=91=0D=0A1;=D7=97=D7=99=D7=A4=D7=94;;;
ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D7=93=D7=95=D7=92=D7=9E=D7=94
NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D7=90
X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Mosh;1;;;;;;;;;;;;;
PHOTO;ENCODING=BASE64;JPEG:{PICTURE[:70]}
 {PICTURE}
 {PICTURE}=

"""
    )
    + b"END:VCARD\r\n"
)

OLD_PHONE = lines(
    f"""
BEGIN:VCARD
VERSION:2.1
N;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-8:=EB=E4=EF;=E3=F0=E4
TEL;PREF;CELL;VOICE;ENCODING=8BIT:0550000222
PHOTO;TYPE=GIF;ENCODING=BASE64:
{PICTURE}
{PICTURE}==
END:VCARD
""",
    "\r",
)

OUTLOOK = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
    b"N;LANGUAGE=de;CHARSET=Windows-1252:M\xfcller;J\xf6rg;;Dr.;\r\n"
    b"FN;CHARSET=Windows-1252:Dr. J\xf6rg M\xfcller\r\n"
    b"ORG:B\xe4ckerei;Einkauf\r\n"
    b"TEL;WORK;VOICE:+49 (30) 901820\r\n"
    b"ADR;WORK;PREF;ENCODING=QUOTED-PRINTABLE:;;Stra=DFe 1=0D=0AHof;Berlin;;10115;Deutschland\r\n"
    b"LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Stra=DFe 1=0D=0A=\r\n"
    b"Hof=0D=0A10115 Berlin\r\n"
    b"X-MS-OL-DEFAULT-POSTAL-ADDRESS:2\r\n"
    b"AGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN:The Assistant\r\nTEL:1\r\nEND:VCARD\r\n"
    b"EMAIL;PREF;INTERNET:joerg@example.org\r\n"
    b"END:VCARD\r\n"
)

VERSION_4 = lines(
    r"""
BEGIN:VCARD
VERSION:4.0
FN;PREF=1:Simon Perreault
N:Perreault;Simon;;;ing. jr,M.Sc.
TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-418-656-9254;ext=102
TEL;VALUE=uri;TYPE=cell:tel:+1-418-262-6501
TEL;TYPE=text:+1 418 555 0000
EMAIL;TYPE=work:simon@example.org
ADR;LABEL="Suite D2-630^n2875 Laurier";TYPE=work:;Suite D2-630;2875 Laurier;Quebec;QC;G1V 2M2;Canada
ORG;SORT-AS="Viagenie":Viagénie
BDAY:--0203
ANNIVERSARY:20090808T1430-0500
GENDER:M
KEY;VALUE=uri:http://www.example.org/simon.asc
PHOTO:data:image/jpeg;base64,/9j/4AAQ
URL;TYPE=home:http://nomis80.example
LANG;PREF=1:fr
REV:20260101T000000Z
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:group
FN:The team
MEMBER:urn:uuid:03a0e51f
END:VCARD
"""
)

CHAT = lines(
    """
BEGIN:VCARD
VERSION:3.0
N:;Dana;;;
FN:Dana
item1.TEL;waid=972550000222:+972 55-000-0222
item1.X-ABLabel:Mobile
X-WA-BIZ-NAME:Dana's shop
END:VCARD
"""
)
