"""The audit in Indonesian: its English sentences, and what they become.

Braces stand for what the check fills in, in the same order. A sentence that is missing here stays
in English; a test sees to it that none is.
"""

from __future__ import annotations

__all__ = ["PHRASES", "STATUS"]

STATUS = {
    "en": {"pass": "pass", "warn": "warn", "fail": "fail", "skipped": "skipped"},
    "id": {"pass": "lulus", "warn": "periksa", "fail": "gagal", "skipped": "dilewati"},
}

INDONESIAN = {
    # what is checked
    "orientation": "arah tabel",
    "square and named": "persegi dan bernama",
    "totals mixed in": "jumlah ikut terbaca",
    "doubled lines": "baris kembar",
    "negative flows": "transaksi negatif",
    "zero output": "output nol",
    "row identity": "keseimbangan baris",
    "column identity": "keseimbangan kolom",
    "negative value added": "nilai tambah negatif",
    "spectral radius": "radius spektral",
    "imports mixed in": "impor ikut terhitung",
    "price basis": "dasar harga",
    "statistical errors": "selisih statistik",
    "scale slips": "salah satuan",
    "swapped labels": "label tertukar",
    # the page
    "Audit of {}": "Pemeriksaan {}",
    "audit": "pemeriksaan",
    "{} industries": "{} sektor",
    # words within sentences
    " and {} more": " dan {} lainnya",
    "the flows": "transaksi antara",
    "the exports": "ekspor",
    "the imports": "impor",
    "output": "output",
    "output x {}": "output x {}",
    "flows sold x {}": "penjualan antara x {}",
    "flows bought x {}": "pembelian antara x {}",
    "final demand x {}": "permintaan akhir x {}",
    "primary inputs x {}": "input primer x {}",
    "flow x {}": "transaksi x {}",
    "flows sold": "penjualan antara",
    "flows bought": "pembelian antara",
    "final demand": "permintaan akhir",
    "primary inputs": "input primer",
    "{} of {}": "{} dari {}",
    # orientation
    "cannot be told without output and final demand or value added.": (
        "tidak dapat diketahui tanpa output dan permintaan akhir atau nilai tambah."
    ),
    "identities miss by {} as it stands, by {} if turned": (
        "selisih keseimbangan {} seperti adanya, {} bila diputar"
    ),
    "buyers stand in the rows: pass flows.T.": "pembeli ada di baris: berikan flows.T.",
    "it balances better when turned; check that rows sell.": (
        "lebih seimbang bila diputar; pastikan baris adalah penjual."
    ),
    # structure
    "{} industries, the same in rows and columns": "{} sektor, sama di baris dan kolom",
    "each equals a sum of others and is counted twice: leave it out (drop= of read_table).": (
        "masing-masing sama dengan jumlah yang lain, sehingga terhitung dua kali: keluarkan "
        "(drop= pada read_table)."
    ),
    "called totals, though the numbers do not show it; leave them out if they are.": (
        "bernama jumlah, meski angkanya tidak menunjukkannya; keluarkan bila memang jumlah."
    ),
    "holds the numbers of another line, to the last digit: one of them is a copy.": (
        "angkanya sama persis dengan baris lain: salah satunya salinan."
    ),
    "{} cells: {}": "{} sel: {}",
    "together {}; a network of flows needs a policy: FlowNetwork.from_table(table, "
    'negatives="transpose" or "aside").': (
        "seluruhnya {}; jaringan memerlukan aturan: FlowNetwork.from_table(table, "
        'negatives="transpose" atau "aside").'
    ),
    "output below zero: check its sign.": "output di bawah nol: periksa tandanya.",
    "no output, and yet flows: check output=.": (
        "tanpa output tetapi bertransaksi: periksa output=."
    ),
    "kept, with coefficients of zero and in no cluster.": (
        "dipertahankan, dengan koefisien nol dan tidak masuk klaster mana pun."
    ),
    # identities
    "needs output and final demand.": "memerlukan output dan permintaan akhir.",
    "needs output and value added.": "memerlukan output dan nilai tambah.",
    "needs value added or output.": "memerlukan nilai tambah atau output.",
    "needs output.": "memerlukan output.",
    "holds by construction: output was derived from the rows.": (
        "pasti seimbang: output dihitung dari baris."
    ),
    "largest gap {} ({}), {} in all; within rounding": (
        "selisih terbesar {} ({}), seluruhnya {}; dalam batas pembulatan"
    ),
    "more than rounding explains, less than 0.1 % of output.": (
        "lebih dari pembulatan, kurang dari 0,1 % output."
    ),
    "flows and final demand less output (above 0: more used than made); look for a total among "
    "the uses, imports, a column left out, or a slip.": (
        "transaksi antara dan permintaan akhir dikurangi output (di atas 0: penggunaan melebihi "
        "produksi); cari jumlah di antara penggunaan, impor, kolom yang tertinggal, atau salah "
        "ketik."
    ),
    "flows, imports and value added less output (below 0: inputs are missing); look for imports or "
    "taxes left out, or a total among the inputs.": (
        "transaksi antara, impor dan nilai tambah dikurangi output (di bawah 0: ada input yang "
        "hilang); cari impor atau pajak yang tertinggal, atau jumlah di antara input."
    ),
    "the gap is {!r} in every industry: it is counted twice.": (
        "selisihnya sama dengan {!r} di setiap sektor: terhitung dua kali."
    ),
    "the gap is {!r} in every industry: it is left out.": (
        "selisihnya sama dengan {!r} di setiap sektor: belum terhitung."
    ),
    "every industry misses output by the same factor, {}: output of another year or in another "
    "unit.": (
        "setiap sektor meleset dari output dengan faktor yang sama, {}: output tahun lain atau "
        "satuan lain."
    ),
    "inputs cost more than output: subsidies, a loss, or a slip.": (
        "biaya input melebihi output: subsidi, kerugian, atau salah ketik."
    ),
    "{}; {} without {}, of no size": "{}; {} tanpa {}, yang tak berarti besarnya",
    "an industry of next to no output uses all of it; leave it out by select().": (
        "sektor yang hampir tanpa output memakai semuanya sendiri; keluarkan dengan select()."
    ),
    "{}; most inputs per unit of output: {}": "{}; input terbesar per satuan output: {}",
    "at 1 or more the economy uses up what it makes: check output and its unit.": (
        "pada 1 atau lebih, perekonomian menghabiskan produksinya sendiri: periksa output dan "
        "satuannya."
    ),
    "needs an identity to judge by.": "memerlukan keseimbangan sebagai patokan.",
    "the identity would close without this factor: look for a decimal sign or unit that slipped.": (
        "keseimbangan terpenuhi tanpa faktor ini: cari tanda desimal atau satuan yang keliru."
    ),
    "identities close if these stand in another order: look for swapped labels.": (
        "keseimbangan terpenuhi bila urutannya diubah: cari label yang tertukar."
    ),
    # imports
    "flows seem to hold imported goods, which no domestic industry made: take the domestic table, "
    'pass imports=, or ask for FlowNetwork.from_table(table, flows="total") knowingly.': (
        "transaksi tampaknya memuat barang impor, yang tidak dibuat sektor domestik: pakai tabel "
        'domestik, berikan imports=, atau minta FlowNetwork.from_table(table, flows="total") '
        "dengan sadar."
    ),
    "final demand column {}": "kolom permintaan akhir {}",
    "uses exceed output by {}: {}": "penggunaan melebihi output sebesar {}: {}",
    "flows between {} regions stand apart": "transaksi antara {} wilayah terpisah",
    "imported flows stand apart": "transaksi impor terpisah",
    "nothing tells whether flows are domestic: pass imports= or value_added=.": (
        "tidak ada petunjuk apakah transaksi domestik: berikan imports= atau value_added=."
    ),
    "nothing tells whether flows are domestic: pass imports=.": (
        "tidak ada petunjuk apakah transaksi domestik: berikan imports=."
    ),
    "imports are a primary input: {}": "impor adalah input primer: {}",
    "sound if these are inputs that the column's industry bought abroad; if they are imports of "
    "its product, flows hold them.": (
        "benar bila ini input yang dibeli sektor kolom dari luar; bila ini impor produknya, "
        "transaksi memuatnya."
    ),
    "inputs add up to output without any imports": "input sama dengan output tanpa impor apa pun",
    # prices and discrepancies
    "at purchasers' prices the margins of trade and transport are in the price of goods, so that "
    "trade hardly trades: take a table at basic or producers' prices.": (
        "pada harga pembeli, marjin perdagangan dan angkutan termuat dalam harga barang, sehingga "
        "perdagangan hampir tidak berdagang: pakai tabel atas dasar harga dasar atau produsen."
    ),
    "trade and transport sell {} less than they make, all others {} more": (
        "perdagangan dan angkutan menjual {} kurang dari produksinya, yang lain {} lebih"
    ),
    "said in the source of the table": "disebut dalam sumber tabel",
    "taxes on products stand apart: {}": "pajak atas produk terpisah: {}",
    "nothing tells basic from purchasers' prices; see the source.": (
        "tidak ada petunjuk harga dasar atau harga pembeli; lihat sumbernya."
    ),
    "{} in {}: {}": "{} pada {}: {}",
    "the office's own discrepancy closes these rows: nobody buys it. Keep it for the identity, and "
    "out of any demand that you analyse.": (
        "baris ini seimbang karena selisih statistik dari penyusun tabel: tidak ada pembelinya. "
        "Pertahankan untuk keseimbangan, dan jangan dihitung sebagai permintaan."
    ),
}
PHRASES = {"id": INDONESIAN}
