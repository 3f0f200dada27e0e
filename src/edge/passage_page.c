/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passage_page: the page of a challenge: self-contained, in the visitor's language, below 8 KiB. Its program searches
 * the answer in a worker thread (SHA-256 in script: crypto.subtle is missing on plain HTTP) and sends the form; without
 * scripts the form's button does, after a wait. Everything that comes from outside is escaped.
 */
#include "base/text.h"
#include "edge/passage.h"

enum { PASSAGE_PAGE__BYTES = 16384 };

struct passage_page__words {
	struct slice lang, title, working, press, button, wait, early, cookies, why;
};

/* clang-format off: a language is a block */
static const struct passage_page__words passage_page__all[] = {
	{ SLICE_INIT("en"), SLICE_INIT("One moment, please"),
	  SLICE_INIT("Your browser is being checked. This takes a second and then goes on by itself."),
	  SLICE_INIT("Please confirm that a person is asking."), SLICE_INIT("Continue"),
	  SLICE_INIT("No scripts here? Wait eight seconds, then press the button."),
	  SLICE_INIT("That was too early. Please wait some seconds and press the button again."),
	  SLICE_INIT("This browser did not keep a cookie; without it this site cannot remember that you passed."),
	  SLICE_INIT("The site's owner asks every visitor for this. Nothing is sent to anybody else.") },
	{ SLICE_INIT("fr"), SLICE_INIT("Un instant, s\u2019il vous pla\u00eet"),
	  SLICE_INIT("Votre navigateur est v\u00e9rifi\u00e9. Cela prend une seconde, puis la page suit "
		     "d\u2019elle-m\u00eame."),
	  SLICE_INIT("Veuillez confirmer qu\u2019une personne fait cette demande."), SLICE_INIT("Continuer"),
	  SLICE_INIT("Pas de scripts\u00a0? Attendez huit secondes, puis appuyez sur le bouton."),
	  SLICE_INIT("C\u2019\u00e9tait trop t\u00f4t. Attendez quelques secondes et appuyez \u00e0 nouveau."),
	  SLICE_INIT("Ce navigateur n\u2019a pas gard\u00e9 de cookie\u00a0; sans lui, ce site ne peut pas retenir "
		     "votre passage."),
	  SLICE_INIT("Le propri\u00e9taire du site le demande \u00e0 chaque visiteur. Rien n\u2019est envoy\u00e9 "
		     "ailleurs.") },
	{ SLICE_INIT("de"), SLICE_INIT("Einen Moment, bitte"),
	  SLICE_INIT("Ihr Browser wird gepr\u00fcft. Das dauert eine Sekunde und geht dann von selbst weiter."),
	  SLICE_INIT("Bitte best\u00e4tigen Sie, dass ein Mensch fragt."), SLICE_INIT("Weiter"),
	  SLICE_INIT("Keine Skripte? Warten Sie acht Sekunden und dr\u00fccken Sie dann den Knopf."),
	  SLICE_INIT("Das war zu fr\u00fch. Bitte warten Sie einige Sekunden und dr\u00fccken Sie noch einmal."),
	  SLICE_INIT("Dieser Browser hat kein Cookie behalten; ohne es kann sich die Seite nicht merken, dass Sie "
		     "durch sind."),
	  SLICE_INIT("Der Betreiber fragt jeden Besucher danach. Nichts geht an andere.") },
	{ SLICE_INIT("es"), SLICE_INIT("Un momento, por favor"),
	  SLICE_INIT("Se est\u00e1 comprobando su navegador. Tarda un segundo y sigue por s\u00ed solo."),
	  SLICE_INIT("Confirme que lo pide una persona."), SLICE_INIT("Continuar"),
	  SLICE_INIT("\u00bfSin scripts? Espere ocho segundos y pulse el bot\u00f3n."),
	  SLICE_INIT("Demasiado pronto. Espere unos segundos y pulse otra vez."),
	  SLICE_INIT("Este navegador no guard\u00f3 la cookie; sin ella el sitio no puede recordar que ha pasado."),
	  SLICE_INIT("El due\u00f1o del sitio lo pide a todos los visitantes. No se env\u00eda nada a terceros.") },
};
/* clang-format on */

/* The first language of the visitor that there is, by its part before the hyphen. */
static const struct passage_page__words *passage_page__words(const struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_ACCEPT_LANGUAGE);
	struct slice rest = f ? f->value : slice_of(NULL, 0), member;

	while (field_list_next(&rest, &member)) {
		struct slice tag = slice_trim(slice_split(&member, ';')), lang = slice_split(&tag, '-');
		for (size_t i = 0; i < sizeof passage_page__all / sizeof passage_page__all[0]; i++)
			if (slice_eq_nocase(lang, passage_page__all[i].lang))
				return &passage_page__all[i];
	}
	return &passage_page__all[0];
}

static const char passage_page__style[] =
	":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto "
	"0;padding:0 1.5rem;color:#1c2733;background:#f7f9fb}h1{font-size:1.6rem;margin:0}p{margin:.75rem "
	"0}button{font:inherit;padding:.5rem 1.25rem;border:0;border-radius:.4rem;background:#b3541e;color:#fff}"
	"button:disabled{opacity:.5}button:focus-visible{outline:3px solid #1c2733;outline-offset:2px}"
	"footer{margin-top:2.5rem;font-size:.875rem;color:#5a6775}code{font-family:ui-monospace,monospace}"
	"@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#12181f}footer{color:#9aa7b4}"
	"button{background:#f0a06a;color:#12181f}button:focus-visible{outline-color:#e6ebf0}}";

/* Runs in the worker: finds the number that makes the hash begin with n zero bits. */
static const char passage_page__work[] =
	"function sha(s){var K=[],H=[],c=0,f={},i,j,p=Math.pow,M=4294967296;for(i=2;c<64;i++)if(!f[i]){for(j=i*i;j<313;"
	"j+=i)f[j]=1;if(c<8)H[c]=p(i,.5)*M|0;K[c++]=p(i,1/3)*M|0}"
	"sha=function(s){var "
	"h=H.slice(),b=[],l=s.length,N=(l+9+63>>6)*16,w=[],i,j;for(i=0;i<N;i++)b[i]=0;for(i=0;i<l;i++"
	")b[i>>2]|=s.charCodeAt(i)<<24-i%4*8;b[l>>2]|=128<<24-l%4*8;b[N-1]=l*8;"
	"for(j=0;j<N;j+=16){var a=h.slice();for(i=0;i<64;i++){var x,y;if(i<16)w[i]=b[j+i];else{x=w[i-15];y=w[i-2];"
	"w[i]=w[i-16]+w[i-7]+((x>>>7|x<<25)^(x>>>18|x<<14)^x>>>3)+((y>>>17|y<<15)^(y>>>19|y<<13)^y>>>10)|0}"
	"var e=a[4],A=a[0],t=a[7]+((e>>>6|e<<26)^(e>>>11|e<<21)^(e>>>25|e<<7))+(e&a[5]^~e&a[6])+K[i]+w[i]|0,"
	"u=((A>>>2|A<<30)^(A>>>13|A<<19)^(A>>>22|A<<10))+(A&a[1]^A&a[2]^a[1]&a[2])|0;"
	"a=[t+u|0,A,a[1],a[2],a[3]+t|0,e,a[5],a[6]]}for(i=0;i<8;i++)h[i]=h[i]+a[i]|0}return h};return sha(s)}"
	"onmessage=function(m){for(var i=0;;i++)if(!(sha(m.data[0]+'.'+i)[0]>>>32-m.data[1]))return postMessage(i)}";

/* Runs in the page. */
static const char passage_page__main[] =
	"(function(){var f=document.getElementById('f'),b=document.getElementById('b'),q=f.p.value,"
	"n=parseInt(q.split('.')[3],16),s=document.getElementById('s'),person=f.dataset.person;"
	"document.getElementById('w').hidden=true;b.disabled=true;if(!person)b.hidden=true;"
	"var u=URL.createObjectURL(new Blob([document.getElementById('k').textContent],{type:'text/javascript'})),"
	"w=new Worker(u);w.onmessage=function(m){f.a.value=m.data;if(person){b.disabled=false;b.focus();"
	"s.textContent=s.dataset.press}else f.submit()};w.postMessage([q,n])})()";

static void passage_page__form(struct text *t, const struct passage_page *p, const struct passage_page__words *w)
{
	text_add(t, SLICE("<form id=\"f\" method=\"get\" action=\"/cdn-cgi/challenge-platform/verify\""));
	if (p->level == CLEARANCE_PERSON)
		text_add(t, SLICE(" data-person=\"1\""));
	text_add(t, SLICE("><input type=\"hidden\" name=\"p\" value=\""));
	text_html(t, p->puzzle);
	text_add(t,
		 SLICE("\"><input type=\"hidden\" name=\"a\" value=\"\"><input type=\"hidden\" name=\"u\" value=\""));
	text_html(t, p->back);
	text_add(t, SLICE("\"><p id=\"s\" role=\"status\" data-press=\""));
	text_html(t, w->press);
	text_add(t, SLICE("\">"));
	text_html(t, p->early ? w->early : p->cookies ? w->cookies : w->working);
	text_add(t, SLICE("</p><p id=\"w\">"));
	text_html(t, w->wait);
	text_add(t, SLICE("</p><p><button id=\"b\">"));
	text_html(t, w->button);
	text_add(t, SLICE("</button></p></form>"));
}

static void passage_page__script(struct text *t, struct slice nonce, const char *more, const char *source)
{
	text_add(t, SLICE("<script nonce=\""));
	text_add(t, nonce);
	text_printf(t, "\"%s>", more);
	text_add(t, slice_str(source));
	text_add(t, SLICE("</script>"));
}

struct slice passage_page(struct request *r, const struct passage_page *p)
{
	const struct passage_page__words *w = passage_page__words(r);
	char *memory = arena_alloc(r->arena, PASSAGE_PAGE__BYTES);
	struct text t = text_of(memory, PASSAGE_PAGE__BYTES);

	if (!memory)
		return slice_of(NULL, 0);
	text_add(&t, SLICE("<!doctype html>\n<html lang=\""));
	text_add(&t, w->lang);
	text_add(&t, SLICE("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
			   "content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" "
			   "content=\"noindex\"><title>"));
	text_html(&t, w->title);
	text_add(&t, SLICE("</title><style nonce=\""));
	text_add(&t, p->nonce);
	text_add(&t, SLICE("\">"));
	text_add(&t, slice_str(passage_page__style));
	text_add(&t, SLICE("</style></head><body><main><h1>"));
	text_html(&t, w->title);
	text_add(&t, SLICE("</h1>"));
	passage_page__form(&t, p, w);
	text_add(&t, SLICE("</main><footer>"));
	text_html(&t, w->why);
	text_add(&t, SLICE("<br>Ray <code>"));
	text_add(&t, slice_of(r->ray_text, r->ray_n));
	text_add(&t, SLICE("</code> &middot; Seawall</footer>"));
	passage_page__script(&t, p->nonce, " type=\"text/plain\" id=\"k\"", passage_page__work);
	if (!p->early)
		passage_page__script(&t, p->nonce, "", passage_page__main);
	text_add(&t, SLICE("</body></html>\n"));
	return t.bad ? slice_of(NULL, 0) : text_slice(&t);
}
