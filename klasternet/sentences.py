"""Every sentence of the command line and the report, in English and, beside it, in Indonesian.

A book of more than 400 lines, as a report has many sentences. Braces stand for what is filled in,
in the same order. SENTENCES are said by the code that tells findings, and a test sees to it that
none is missing; RETOLD were made elsewhere, or stand in cells of tables.
"""

from __future__ import annotations

__all__ = ["RETOLD", "SENTENCES"]

SENTENCES = {
    # counted
    "cluster": "klaster",
    "clusters": "klaster",
    "industry": "sektor",
    "industries": "sektor",
    "check": "pemeriksaan",
    "checks": "pemeriksaan",
    "check passed": "pemeriksaan lulus",
    "checks passed": "pemeriksaan lulus",
    "warning": "peringatan",
    "warnings": "peringatan",
    "failure": "kegagalan",
    "failures": "kegagalan",
    "industry belongs": "sektor tidak termasuk",
    "industries belong": "sektor tidak termasuk",
    "yes": "ya",
    "no": "tidak",
    " and {} more": " dan {} lainnya",
    # what was found
    "Industrial clusters": "Klaster industri",
    "Industrial clusters of {}": "Klaster industri {}",
    "Contents": "Daftar isi",
    "What was found": "Temuan utama",
    "No cluster among {} industries": "Tidak ada klaster di antara {} sektor",
    "{} of {} industries are in {}": "{} dari {} sektor tergabung dalam {}",
    "Verdict: {}.": "Kesimpulan: {}.",
    "The clusters tell which flows are strong among flows that were hidden.": (
        "Klaster ini mampu menunjukkan transaksi mana yang kuat di antara transaksi yang "
        "disembunyikan."
    ),
    "The evidence is weak: the clusters tell little about flows that were hidden. Look at another "
    "year or another table before a decision rests on them.": (
        "Buktinya lemah: klaster ini tidak banyak menjelaskan transaksi yang disembunyikan. "
        "Bandingkan dengan tahun atau tabel lain sebelum dijadikan dasar keputusan."
    ),
    "Sizes alone explain these flows about as well: what is listed is a description and not a "
    "finding.": (
        "Ukuran sektor saja sudah menjelaskan transaksi ini hampir sama baiknya: yang tercantum "
        "adalah gambaran, bukan temuan."
    ),
    "Nothing was judged: there is no verdict on the whole.": (
        "Tidak dilakukan penilaian: belum ada kesimpulan secara keseluruhan."
    ),
    "The table fails {} of its audit; see the chapter on it.": (
        "Tabel gagal dalam {}; lihat bab tentang tabel."
    ),
    "A cluster is a set of industries whose flows of goods and services among each other are much "
    "denser than their flows to the rest of the economy.": (
        "Klaster adalah sekumpulan sektor yang arus barang dan jasa antaranggotanya jauh lebih "
        "erat daripada arusnya dengan sektor lain dalam perekonomian."
    ),
    "{} times as dense inside as to the rest ({})": (
        "keeratan di dalam {} kali keeratan ke luar ({})"
    ),
    "{} of output": "{} dari output",
    "{} of exports": "{} dari ekspor",
    # the picture
    "The picture": "Gambaran jaringan",
    "A disc is an industry, its area its size. Colour and outline are those of its cluster; grey "
    "is the rest of the economy. An arrow is money sold, from seller to buyer; only the flows that "
    "tell most are drawn.": (
        "Setiap lingkaran adalah satu sektor; luasnya menunjukkan besarnya output. Warna dan garis "
        "luar menunjukkan klasternya; abu-abu adalah sektor di luar klaster. Panah menunjukkan "
        "nilai penjualan dari penjual ke pembeli; hanya transaksi terpenting yang digambar."
    ),
    "Network diagram of {} industries in {}; the table of clusters has the same in numbers.": (
        "Diagram jaringan {} sektor dalam {}; tabel klaster memuat angkanya."
    ),
    "There is no figure of this: {}": "Gambar tidak dapat dibuat: {}",
    "Not everything finds room in the figure; the tables have it.": (
        "Tidak semua nama muat dalam gambar; selengkapnya ada dalam tabel."
    ),
    # the clusters
    "The clusters": "Klaster",
    "The clusters; flows in {}": "Klaster; transaksi dalam {}",
    "There is none.": "Tidak ada klaster.",
    "Times as dense: inside, as to the rest of the economy, with its interval. Clear: even the "
    "lower end of the interval is {} or more. Fair: it is above 1. Unsure: it is not.": (
        "Kali keeratan ke luar: keeratan di dalam klaster dibandingkan dengan ke luar klaster, "
        "beserta selangnya. Jelas: batas bawah selang {} atau lebih. Cukup: batas bawahnya di atas "
        "1. Belum pasti: batas bawahnya tidak di atas 1."
    ),
    "Density.": "Keeratan.",
    "Economy.": "Ekonomi.",
    "Evidence.": "Bukti.",
    "They sell {} to each other, {} of all trade between industries.": (
        "Penjualan antaranggota mencapai {}, atau {} dari seluruh transaksi antarsektor."
    ),
    "That is {} times what their sizes predict; with all others they trade {} times what sizes "
    "predict.": (
        "Nilai itu {} kali perkiraan menurut ukuran sektor; dengan sektor lain, transaksinya {} "
        "kali perkiraan."
    ),
    "So flows are {} times as dense inside as to the rest of the economy (interval {} to {}): "
    "{}.": (
        "Dengan demikian keeratan di dalam klaster {} kali keeratan ke luar (selang {} sampai "
        "{}): {}."
    ),
    "They make {} of all output.": "Klaster ini menghasilkan {} dari seluruh output.",
    "Exports are {}: {} of their output, and {} of all exports.": (
        "Ekspornya {}: {} dari outputnya dan {} dari seluruh ekspor."
    ),
    "Exports are {}, {} of all exports.": "Ekspornya {}, atau {} dari seluruh ekspor.",
    "{}: {}, {} of all.": "{}: {}, atau {} dari keseluruhan.",
    "{} of their sales to industries and {} of their purchases stay in the cluster.": (
        "Sebesar {} penjualan anggota kepada sektor lain dan {} pembeliannya berlangsung di dalam "
        "klaster."
    ),
    "From outside the cluster they buy most from {}.": "Pemasok utama dari luar klaster: {}.",
    "Outside the cluster they sell most to {}.": "Pembeli utama di luar klaster: {}.",
    "{} of the goods and services that they use as inputs are imported.": (
        "Sebesar {} barang dan jasa yang dipakai sebagai input antara berasal dari impor."
    ),
    "A member held its place in {} of the trials with hidden flows.": (
        "Dalam {} percobaan dengan transaksi yang disembunyikan, anggota tetap berada di klaster "
        "ini."
    ),
    "By itself the cluster is more than chance gives (p = {}).": (
        "Secara tersendiri klaster ini melampaui apa yang dapat terjadi secara kebetulan (p = {})."
    ),
    "By itself the cluster could be chance (p = {}).": (
        "Secara tersendiri klaster ini bisa jadi kebetulan (p = {})."
    ),
    "clusters.csv has {} more.": "clusters.csv memuat {} klaster lainnya.",
    "What they trade": "Transaksi antarklaster",
    "Diagram of the flows between clusters, to the rest, and abroad.": (
        "Diagram arus transaksi antarklaster, ke sektor lain, dan ke luar negeri."
    ),
    "A disc is a cluster, its area its output, with the share of its sales to industries that "
    "stays inside. An arrow is money sold, as wide as its amount; arrows outward are exports, "
    "dark ones inward imported inputs, where the table tells them.": (
        "Setiap lingkaran adalah satu klaster; luasnya menunjukkan output, dan persentasenya "
        "bagian penjualan kepada sektor lain yang tetap di dalam klaster. Panah menunjukkan nilai "
        "penjualan, selebar nilainya; panah ke luar adalah ekspor, panah gelap ke dalam adalah "
        "input impor, bila tabel memuatnya."
    ),
    "The table of flows as a matrix, in the order of its clusters.": (
        "Matriks transaksi antarsektor menurut urutan klaster."
    ),
    "The whole table in the order of its clusters. Rows sell, columns buy; clusters are boxed; "
    "grey is the logarithm of the flow, white is no flow.": (
        "Seluruh tabel menurut urutan klaster. Baris adalah penjual, kolom adalah pembeli; klaster "
        "diberi kotak; gradasi abu-abu adalah logaritma transaksi, putih berarti tanpa transaksi."
    ),
    "All industries and their clusters": "Seluruh sektor dan klasternya",
    # the region
    "What the clusters do for the economy": "Peran klaster dalam perekonomian",
    "The clusters in numbers": "Klaster dalam angka",
    "Core members: {}. Output lost: by hypothetical extraction ({}); the losses of several "
    "clusters do not add up.": (
        "Anggota inti: {}. Output yang hilang: menurut ekstraksi hipotetis ({}); kehilangan "
        "beberapa klaster tidak dapat dijumlahkan."
    ),
    "Core members: {}.": "Anggota inti: {}.",
    "Members and their roles": "Anggota dan perannya",
    "The largest suppliers outside each cluster": "Pemasok terbesar di luar tiap klaster",
    "The largest buyers outside each cluster": "Pembeli terbesar di luar tiap klaster",
    "Where the clusters are: the largest regions": "Sebaran klaster: wilayah terbesar",
    "What is missing or thin": "Sektor yang belum ada atau masih tipis",
    "What was not assessed, and why:": "Yang tidak dinilai, dan sebabnya:",
    "To be read with care:": "Perlu dibaca dengan hati-hati:",
    "Scorecard": "Kartu nilai",
    "not assessed": "tidak dinilai",
    "On average {} of the weight rests on evidence; what is not known is not assessed.": (
        "Rata-rata {} dari bobot didukung bukti; yang tidak diketahui tidak dinilai."
    ),
    "Aims not assessed: {}.": "Tujuan yang tidak dinilai: {}.",
    "Scorecard: clusters by factors, the darker the higher.": (
        "Kartu nilai: klaster menurut faktor, makin gelap makin tinggi."
    ),
    "The larger and darker the dot, the higher the score; a dash is not assessed.": (
        "Makin besar dan gelap titiknya, makin tinggi skornya; tanda hubung berarti tidak dinilai."
    ),
    "Scores from 0 to 1": "Skor dari 0 sampai 1",
    "Scores over what is known, and how much of them rests on evidence": (
        "Skor dari yang diketahui, dan bagian yang didukung bukti"
    ),
    "Ranks, and under how many weights they hold": (
        "Peringkat, dan pada berapa banyak bobot peringkat itu bertahan"
    ),
    "The indicators and what they are compared with": "Indikator dan pembandingnya",
    "The aims of cluster development": "Tujuan pengembangan klaster",
    "Location quotients": "Location quotient (LQ)",
    "Location quotients with their intervals: above 1 the industry is stronger here than "
    "elsewhere.": (
        "Location quotient beserta selangnya: di atas 1 berarti sektor ini lebih kuat di sini "
        "daripada di wilayah lain."
    ),
    "Dots of location quotients by industry.": "Titik location quotient menurut sektor.",
    "Map": "Peta",
    "Map of the regions, the darker the stronger.": "Peta wilayah, makin gelap makin kuat.",
    "High is warm, low is cold and hatched; dotted is not known.": (
        "Warna hangat berarti tinggi, dingin dan berarsir berarti rendah; bertitik berarti tidak "
        "diketahui."
    ),
    # what can be claimed
    "What can be claimed": "Apa yang dapat disimpulkan",
    "How far the partition is from the best one was not looked into: kn.certify tells.": (
        "Jarak pembagian ini dari yang terbaik belum diperiksa: kn.certify dapat menunjukkannya."
    ),
    "Proven optimal: no partition of these {} industries, before those that do not hold go to the "
    "rest, does better by this measure.": (
        "Terbukti optimal: menurut ukuran ini tidak ada pembagian {} sektor yang lebih baik, "
        "sebelum sektor yang tidak bertahan dikeluarkan dari klaster."
    ),
    "{}; kn.certify with more time may prove more.": (
        "{}; kn.certify dengan waktu lebih lama mungkin membuktikan lebih banyak."
    ),
    "Whether clusters like these come about by chance was not tested.": (
        "Apakah klaster seperti ini dapat muncul secara kebetulan belum diuji."
    ),
    "{} (p = {}; {} random economies of the same sizes, each searched anew).": (
        "{} (p = {}; {} perekonomian acak dengan ukuran sektor yang sama, masing-masing ditelusuri "
        "ulang)."
    ),
    "{} (p = {}; {} random economies of the same sizes, with these clusters held fixed).": (
        "{} (p = {}; {} perekonomian acak dengan ukuran sektor yang sama, dengan klaster ini "
        "dipertahankan)."
    ),
    "So is each cluster by itself.": "Demikian pula setiap klaster secara tersendiri.",
    "By themselves these could be chance (p above {}): {}.": (
        "Secara tersendiri, klaster berikut bisa jadi kebetulan (p di atas {}): {}."
    ),
    "Each cluster against random economies": "Setiap klaster terhadap perekonomian acak",
    "Histogram of random economies, with the observed one marked.": (
        "Histogram perekonomian acak, dengan perekonomian teramati ditandai."
    ),
    "How clustered random economies of the same sizes are (grey), and how clustered this one is "
    "(arrow).": (
        "Seberapa mengelompok perekonomian acak dengan ukuran sektor yang sama (abu-abu), dan "
        "perekonomian ini (panah)."
    ),
    "In {} tables with noise the clusters agree with those found by {} ({} to {}; adjusted Rand "
    "index, 1 is the same).": (
        "Dalam {} tabel yang diberi gangguan acak, kesesuaian klaster dengan temuan semula adalah "
        "{} ({} sampai {}; indeks Rand disesuaikan, 1 berarti sama)."
    ),
    "How the clusters hold in tables with noise": "Ketahanan klaster terhadap gangguan acak",
    "nobody": "tidak ada",
    "Curves over the resolution: score, number of clusters.": (
        "Kurva menurut resolusi: nilai dan jumlah klaster."
    ),
    "The resolution is chosen where the clusters tell hidden flows best. From the top: that score, "
    "the number of clusters, how unstable they are.": (
        "Resolusi dipilih pada titik klaster paling mampu menunjukkan transaksi yang "
        "disembunyikan. Dari atas: nilainya, jumlah klaster, dan ketidakstabilannya."
    ),
    "Partitions by resolution, each plateau by its widest interval": (
        "Pembagian menurut resolusi; setiap dataran diwakili selang terlebarnya"
    ),
    "Over {} industries the two agree by {} (adjusted Rand index) and {} (adjusted mutual "
    "information); 1 is the same, 0 is chance.": (
        "Pada {} sektor, kesesuaian keduanya {} (indeks Rand disesuaikan) dan {} (informasi timbal "
        "balik disesuaikan); 1 berarti sama, 0 berarti kebetulan."
    ),
    "Which clusters meet which": "Klaster yang bersesuaian",
    "The clusters score {} of 100 (validation scores of Delgado, Porter and Stern).": (
        "Nilai klaster {} dari 100 (skor validasi Delgado, Porter, dan Stern)."
    ),
    "Validation scores by similarity": "Skor validasi menurut ukuran kemiripan",
    # over the years, and results of other kinds
    "Over the years": "Perkembangan antarwaktu",
    "{} clusters were followed from {} to {}, {} of them are there all along.": (
        "Sebanyak {} klaster diikuti dari {} sampai {}; {} di antaranya ada sepanjang waktu."
    ),
    "Bands of clusters over the years, with industries that move.": (
        "Pita klaster antarwaktu, beserta sektor yang berpindah."
    ),
    "Each band is a cluster, as wide as its share; ribbons are industries that stay or move.": (
        "Setiap pita adalah satu klaster, selebar pangsanya; alirannya adalah sektor yang menetap "
        "atau berpindah."
    ),
    "The clusters over the years": "Klaster antarwaktu",
    "What happened": "Peristiwa",
    "Clusters within clusters": "Klaster di dalam klaster",
    "Clusters that were tried": "Klaster yang dicoba dipecah",
    "Every industry by level": "Setiap sektor menurut tingkat",
    "Result {}": "Hasil {}",
    "and {} rows more: {}": "dan {} baris lagi: {}",
    "and {} rows more.": "dan {} baris lagi.",
    # the rest, the data, the method
    "The rest of the economy": "Sektor di luar klaster",
    "{} to no cluster: {}.": "{} dalam klaster mana pun: {}.",
    "The table and its faults": "Tabel dan kekurangannya",
    "Year {}.": "Tahun {}.",
    "{} industries, flows of {} in all.": "{} sektor, dengan transaksi antara seluruhnya {}.",
    "Source: {}.": "Sumber: {}.",
    "Audit: {}.": "Pemeriksaan: {}.",
    "{} not possible": "{} tidak dapat dilakukan",
    "Set aside or changed before anything was computed:": (
        "Yang disisihkan atau diubah sebelum perhitungan:"
    ),
    "Nothing was set aside or changed.": "Tidak ada yang disisihkan atau diubah.",
    "{}: {} ({} of all flow)": "{}: {} ({} dari seluruh transaksi)",
    "The method": "Metode",
    "Clusters were {}.": "Klaster {}.",
    "Clusters were found by: {}.": "Klaster ditemukan dengan: {}.",
    "given, not found by klasternet": "ditentukan pengguna, bukan temuan klasternet",
    "method {}": "metode {}",
    "measure {}": "ukuran {}",
    "resolution {}": "resolusi {}",
    "null model {}": "model nol {}",
    "seed {}": "seed {}",
    "Density is measured as lift: how many standard deviations the logarithm of a flow stands "
    "above what the sizes of seller and buyer predict. It is the same for flows, input shares and "
    "sales shares. The resolution is the density that is asked of a cluster.": (
        "Keeratan diukur dengan lift: berapa simpangan baku logaritma suatu transaksi berada di "
        "atas perkiraan menurut ukuran penjual dan pembeli. Hasilnya sama untuk nilai transaksi, "
        "koefisien input, maupun koefisien penjualan. Resolusi adalah keeratan yang disyaratkan "
        "bagi suatu klaster."
    ),
    "What sizes predict is the flow that a gravity equation gives to a seller and a buyer. "
    "Readings describe clusters in the flows in which they were found; they are no test.": (
        "Perkiraan menurut ukuran adalah transaksi yang diberikan persamaan gravitasi bagi penjual "
        "dan pembeli. Angka-angka ini menggambarkan klaster pada transaksi tempat klaster itu "
        "ditemukan, dan bukan merupakan uji."
    ),
    "Where this comes from": "Asal-usul laporan",
    "Made with {}.": "Dibuat dengan {}.",
    "SHA-256 of the flows: {}.": "SHA-256 transaksi: {}.",
    "The same clusters again, from the same table:": "Klaster yang sama, dari tabel yang sama:",
    "Files with the numbers; NAME.tex has each table for print:": (
        "Berkas angka; NAMA.tex memuat setiap tabel untuk dicetak:"
    ),
    "every cluster: members, readings, sums": "setiap klaster: anggota, ukuran, jumlah",
    "every industry: its cluster, and what is known of it": (
        "setiap sektor: klasternya, dan data yang diketahui"
    ),
    "versions, seeds, decisions, hashes of all files": (
        "versi, seed, keputusan, dan hash semua berkas"
    ),
    # within figures
    "Flow": "Transaksi",
    "Output": "Output",
    "Trade": "Total transaksi",
    "output": "output",
    "purchases and sales": "pembelian dan penjualan",
    "relatedness": "keterkaitan",
    "flow": "nilai transaksi",
    "No cluster": "Di luar klaster",
    "Ring: second cluster": "Cincin: klaster kedua",
    "Outer marks: the second cluster of an industry.": "Tanda luar: klaster kedua suatu industri.",
    "Rest of the economy": "Di luar klaster",
    "Rest": "Lainnya",
    "{} others": "{} lainnya",
    "{} more": "{} lainnya",
    "{} of {}": "{} dari {}",
    "{} to {}": "{} sampai {}",
    "The {} largest of {} industries are drawn one by one, the others as one disc for each "
    "cluster.": (
        "Sebanyak {} sektor terbesar dari {} sektor digambar satu per satu, yang lain sebagai satu "
        "lingkaran untuk setiap klaster."
    ),
    "Not drawn, as no industry is mainly in them: {}.": (
        "Tidak digambar, karena tidak ada sektor yang terutama berada di dalamnya: {}."
    ),
    "The {} arrows drawn (of {} flows) carry {} % of all flow between industries. They are a "
    "maximum spanning tree and the strongest of the others by {}. Area of a disc: {}; width of an "
    "arrow: square root of the flow.": (
        "Sebanyak {} panah yang digambar (dari {} transaksi) memuat {}% dari seluruh transaksi "
        "antarsektor: pohon rentang maksimum dan transaksi lain yang terkuat menurut {}. Luas "
        "lingkaran: {}; lebar panah: akar kuadrat nilai transaksi."
    ),
    "Selling industry": "Sektor penjual",
    "Buying industry": "Sektor pembeli",
    "Not named: {} smaller clusters.": "Tanpa nama: {} klaster yang lebih kecil.",
    "Sales of an industry to itself are set aside (the diagonal).": (
        "Transaksi dalam sektor sendiri disisihkan (diagonal)."
    ),
    "A dot is the largest flow among up to {} sellers and as many buyers.": (
        "Satu titik adalah transaksi terbesar di antara paling banyak {} penjual dan pembeli."
    ),
    "{} smaller clusters": "{} klaster yang lebih kecil",
    "sales to industries": "penjualan kepada sektor lain",
    "exports": "ekspor",
    "imported inputs": "input antara impor",
    "Disc: {}. %: sales to industries kept inside. Arrows between discs carry {} of what groups "
    "sell each other.": (
        "Lingkaran: {}. %: penjualan antarsektor yang tetap di dalam klaster. Panah antarlingkaran "
        "memuat {} dari penjualan antarklaster."
    ),
    "random economies": "perekonomian acak",
    "observed": "teramati",
    "each searched anew": "masing-masing ditelusuri ulang",
    "labels held fixed": "dengan klaster tetap",
    "95% below": "95% di bawahnya",
    "objective Q": "fungsi tujuan Q",
    "objective Q, standard deviations above chance": (
        "fungsi tujuan Q, simpangan baku di atas kebetulan"
    ),
    "strength: 1 is the strongest in pure noise": (
        "kekuatan: 1 adalah yang terkuat pada gangguan acak murni"
    ),
    "resolution": "resolusi",
    "chosen: {}": "dipilih: {}",
    "held-out score": "skor uji",
    "number": "jumlah",
    "alone": "sendirian",
    "instability, nats": "ketidakstabilan, nat",
    "Score": "Skor",
    "not known": "tidak diketahui",
    "Dashed: mean of clusters.": "Garis putus-putus: rata-rata klaster.",
    "Location quotient": "Location quotient (LQ)",
    "below 0.5": "di bawah 0,5",
    "0.5 to 0.8": "0,5 sampai 0,8",
    "0.8 to 1.25": "0,8 sampai 1,25",
    "1.25 to 2": "1,25 sampai 2",
    "above 2": "di atas 2",
    "Hot spots, z": "Pengelompokan wilayah (hot spot), z",
    "below −2.58": "di bawah −2,58",
    "−2.58 to −1.96": "−2,58 sampai −1,96",
    "not told from chance": "tidak berbeda dari kebetulan",
    "1.96 to 2.58": "1,96 sampai 2,58",
    "above 2.58": "di atas 2,58",
    "Share of region": "Pangsa wilayah",
    "Share": "Pangsa",
    "Growth, % a year": "Pertumbuhan, % per tahun",
    "Growth, %": "Laju, %",
    "Full: interval above 1; empty: below; grey: holds 1.": (
        "Penuh: selang di atas 1; kosong: di bawah 1; abu-abu: memuat 1."
    ),
    "Triangle: beyond the scale.": "Segitiga: di luar skala.",
    "Line of growth at {}.": "Garis pertumbuhan pada {}.",
    "{} smaller ones are not drawn.": "{} sektor yang lebih kecil tidak digambar.",
    "adjusted Rand index: 1 the same clusters, 0 what chance gives": (
        "indeks Rand disesuaikan: 1 klaster sama, 0 seperti kebetulan"
    ),
    "ARI with the reference": "ARI terhadap acuan",
    "mean {}": "rata-rata {}",
    "{} universes": "{} kombinasi",
    "; {} more without an answer": "; {} lainnya tanpa jawaban",
    "weak": "lemah",
    "none": "tidak ada",
    "born": "lahir",
    "split off": "pecah",
    "merged": "bergabung",
    "dissolved": "hilang",
    "No cluster was born, split off, merged or dissolved.": (
        "Tidak ada klaster yang lahir, pecah, bergabung, atau hilang."
    ),
    "At the break, {} of {} is left out of the rest.": (
        "Pada potongan, {} dari {} di luar klaster tidak digambar."
    ),
    # the command line
    "compiling, which is done once and takes some seconds ...": (
        "mengompilasi, cukup sekali dan memakan beberapa detik ..."
    ),
    "source: {}": "sumber: {}",
    "Audit: {}": "Pemeriksaan tabel: {}",
    "Set aside or changed": "Yang disisihkan atau diubah",
    "Nothing was set aside": "Tidak ada yang disisihkan",
    "verdict: {}": "kesimpulan: {}",
    "not judged": "tidak dinilai",
    "Table": "Tabel",
    "internal flow": "internal",
    "inside": "dalam",
    "to rest": "ke luar",
    "contrast": "kontras",
    "verdict": "kesimpulan",
    "internal flow: {}; ": "internal: transaksi antaranggota, {}; ",
    "inside, to rest: times the flow that sizes predict, the rest being all that is outside the "
    "cluster; contrast: times denser inside than to the rest, with its interval; verdict: clear "
    "where even its lower end is {} or more, fair where it is above 1, else unsure.": (
        "dalam, ke luar: kelipatan dari transaksi yang diperkirakan menurut ukuran sektor, di "
        "dalam klaster dan dengan semua sektor di luarnya; kontras: berapa kali lebih erat di "
        "dalam daripada ke luar, beserta selangnya; kesimpulan: jelas bila batas bawahnya {} atau "
        "lebih, cukup bila di atas 1, selain itu belum pasti."
    ),
    "Rest of the economy: {}": "Di luar klaster: {}",
    "Not tested against chance: more than {} industries.": (
        "Tidak diuji terhadap kebetulan: lebih dari {} sektor."
    ),
    "Written to {}": "Ditulis ke {}",
}

RETOLD = {
    # verdicts and claims
    "clusters": "ada klaster",
    "weak clusters": "klaster lemah",
    "no clusters": "tidak ada klaster",
    "clear": "jelas",
    "fair": "cukup",
    "unsure": "belum pasti",
    "rest": "di luar klaster",
    "cluster structure beyond the null": (
        "struktur klaster melampaui apa yang dapat terjadi secara kebetulan"
    ),
    "no cluster structure beyond the null": (
        "struktur klaster tidak melampaui apa yang dapat terjadi secara kebetulan"
    ),
    "within {} % of the best possible": "paling banyak {} % di bawah yang terbaik",
    "the best possible partition may be much better": "pembagian terbaik mungkin jauh lebih baik",
    # what was set aside
    "imported flows left out": "transaksi impor tidak disertakan",
    "imported flows mixed in": "transaksi impor disertakan",
    "loops set aside": "transaksi dalam sektor sendiri disisihkan",
    "negative flows turned round": "transaksi negatif dibalik arahnya",
    "negative flows set aside": "transaksi negatif disisihkan",
    "inactive industries kept, in no cluster (they trade with no other)": (
        "sektor tanpa transaksi dengan sektor lain dipertahankan, di luar klaster"
    ),
    "{} industries left out by select, with their flows": (
        "{} sektor dikeluarkan dengan select, beserta transaksinya"
    ),
    "flows outside the backbone ({}, {} ties) left out of the ties": (
        "transaksi di luar kerangka utama ({}, {} kaitan) tidak disertakan"
    ),
    # units
    "million": "juta",
    "billion": "miliar",
    "trillion": "triliun",
    "thousand": "ribu",
    "IDR": "rupiah",
    "money": "satuan uang",
    # cells of tables
    "key": "sektor kunci",
    "backward": "keterkaitan ke belakang",
    "forward": "keterkaitan ke depan",
    "weak": "keterkaitan lemah",
    "traded": "berorientasi ekspor",
    "local": "lokal",
    "lasts": "bertahan",
    "at the start": "sejak awal",
    "birth": "lahir",
    "death": "hilang",
    "split": "pecah",
    "merge": "bergabung",
    "continuation": "berlanjut",
    "passing": "sementara",
    "split from {}": "pecahan dari {}",
    "merge into {}": "bergabung ke {}",
    "peripheral": "pinggiran",
    "ultra-peripheral": "sangat pinggiran",
    "connector": "penghubung",
    "kinless": "tanpa ikatan klaster",
    "provincial hub": "pusat dalam klaster",
    "connector hub": "pusat penghubung",
    "kinless hub": "pusat tanpa ikatan klaster",
    "present": "ada",
    "thin": "tipis",
    "missing": "belum ada",
    "location quotient": "location quotient (LQ)",
    "purchase retention": "pembelian di dalam klaster",
    "coagglomeration": "koaglomerasi",
    "reciprocity": "timbal balik",
    "density of ties": "kerapatan kaitan",
    "scale {} to {}": "skala {} sampai {}",
    "rank among {} other regions": "peringkat di antara {} wilayah lain",
    "share of {} random groups of industries less together": (
        "bagian dari {} kelompok sektor acak yang kurang berdekatan"
    ),
    "not assessed": "tidak dinilai",
    # what a profile lacks
    "density": "keeratan",
    "chance": "kebetulan",
    "stability": "kestabilan",
    "optimality": "optimalitas",
    "scorecard": "kartu nilai",
    "exports": "ekspor",
    "output": "output",
    "value added": "nilai tambah",
    "regions": "wilayah",
    "opportunities": "peluang",
    "gaps of a region": "kesenjangan suatu wilayah",
    "imported inputs": "input antara impor",
    "jobs and other accounts": "tenaga kerja dan neraca lain",
    "where clusters gather": "tempat klaster mengelompok",
    "the table has none": "tabel tidak memuatnya",
    "the table has no satellites": "tabel tidak memuat neraca satelit",
    "the table does not tell them": "tabel tidak memuatnya",
    "there is no output to divide by": "tidak ada output sebagai pembagi",
    "no employment by region was given": "tenaga kerja menurut wilayah tidak diberikan",
    "no neighbours of the regions were given": "ketetanggaan wilayah tidak diberikan",
    "no region was named to compare the clusters with": "tidak ada wilayah pembanding yang disebut",
    "there is no table beside the network": "tidak ada tabel selain jaringan",
    "the readings were not given": "ukuran keeratan tidak diberikan",
    "whether such clusters come about by chance was not tested": (
        "apakah klaster seperti ini dapat muncul secara kebetulan belum diuji"
    ),
    "how steady the clusters are under noise was not tested": (
        "ketahanan klaster terhadap gangguan acak belum diuji"
    ),
    "how far the partition is from the best one is not known": (
        "jarak pembagian dari yang terbaik tidak diketahui"
    ),
    "the nine factors of success were not scored": "sembilan faktor keberhasilan belum dinilai",
    "the clusters were given, so they cannot be found again in noisy tables": (
        "klaster ditentukan pengguna, sehingga tidak dapat ditemukan kembali dalam tabel acak"
    ),
    "trade": "transaksi",
    "computed": "dihitung",
    "given": "ditentukan pengguna",
    "survey": "survei",
}
