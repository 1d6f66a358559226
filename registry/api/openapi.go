package api

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/gorilla/mux"
)

// localDescription serves the OpenAPI 3.1 document of /api/v1.
func localDescription(r *mux.Router) {
	doc := sync.OnceValues(func() ([]byte, error) { return description(r) })
	raw(r, http.MethodGet, "/openapi.json", "application/json", func(w http.ResponseWriter, _ *http.Request) {
		raw, err := doc()
		answer(w, raw, "application/json", err)
	})
}

// description is made of the operations a router has: there is no other list of them.
func description(r *mux.Router) ([]byte, error) {
	s := &schemas{components: map[string]schema{}, names: map[string]reflect.Type{}}
	problem := s.of(reflect.TypeFor[Problem]())
	paths := map[string]map[string]any{}
	for _, o := range operations(r) {
		at := paths[v1+o.path]
		if at == nil {
			at = map[string]any{}
			paths[v1+o.path] = at
		}
		at[strings.ToLower(o.method)] = s.operation(o, problem)
	}
	s.components["Approved"]["properties"].(map[string]schema)["result"] = s.anyOf(approved(r))
	return jcs.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{"title": "AEO Registry", "version": "1",
			"description": "One administration's programme: its register, its cases, its federation. Times are Unix seconds. " +
				"Members are added, never renamed. Whatever is refused is answered with problem details (RFC 9457)."},
		"servers":    []any{map[string]any{"url": "/"}},
		"paths":      paths,
		"components": map[string]any{"schemas": s.components},
	})
}

// approved are what may come of what waited for a second person.
func approved(r *mux.Router) (forms []reflect.Type) {
	for _, o := range operations(r) {
		if o.method == http.MethodPost && registry.TakesTwo(strings.TrimPrefix(o.path, "/")) && !slices.Contains(forms, o.response) {
			forms = append(forms, o.response)
		}
	}
	return forms
}

func (s *schemas) operation(o *operation, problem schema) map[string]any {
	words := operationWords[o.method+" "+o.path]
	answered := map[string]any{"description": "done, or what is asked for", "content": s.content(o.response, o.media, false)}
	out := map[string]any{
		"operationId": operationID(o), "summary": words.summary, "tags": []string{tagOf(o.path)},
		"responses": map[string]any{"200": answered, "default": map[string]any{"description": "why not",
			"content": map[string]any{"application/problem+json": map[string]any{"schema": problem}}}},
	}
	parameters := pathParameters(o.path)
	for _, name := range strings.Fields(words.query) {
		p := queryParameters[name]
		parameters = append(parameters, parameter("query", name, p.about, p.form))
	}
	headers := map[string]any{}
	aboutCase := false
	again := harmless[o.path]
	if o.response != nil {
		_, aboutCase = caseField(o.response)
	}
	if aboutCase {
		headers[tagHeader] = map[string]any{"schema": schema{"type": "string"}, "description": "the version of the case"}
	}
	if o.method == http.MethodPost {
		parameters = append(parameters, parameter("header", keyHeader, keyWords(o.path, aboutCase), schema{"type": "string", "minLength": 1, "maxLength": maxKey}))
		if aboutCase {
			parameters = append(parameters, parameter("header", matchHeader, "the ETag of the case as it was seen; 412 where it was changed meanwhile",
				schema{"type": "string", "maxLength": maxTag}))
		}
		if again == "" {
			headers[replayedHeader] = map[string]any{"schema": schema{"const": "true"}, "description": "the request was carried out before"}
		}
		body := map[string]any{"application/octet-stream": map[string]any{}}
		if o.request != nil {
			body = s.content(o.request, "", true)
		}
		out["requestBody"] = map[string]any{"required": true, "content": body}
	}
	if o.method == http.MethodPost && registry.TakesTwo(strings.TrimPrefix(o.path, "/")) {
		out["responses"].(map[string]any)["202"] = map[string]any{"description": "it waits for a second person, whose answer it is carried out with",
			"content": s.content(reflect.TypeFor[authorisation.Approval](), "", false)}
	}
	if len(headers) > 0 {
		answered["headers"] = headers
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	return out
}

func keyWords(path string, aboutCase bool) string {
	switch again := harmless[path]; {
	case again != "":
		return "taken and not needed: " + again
	case aboutCase:
		return "a request with a key is carried out once: the key is part of the event it brings about"
	}
	return "a request with a key is carried out once, and answered the same for a week. Where the node fell between the act and its answer: " + halfDone[path]
}

func (s *schemas) content(t reflect.Type, media string, request bool) map[string]any {
	if t == nil {
		return map[string]any{media: map[string]any{}}
	}
	s.request = request
	defer func() { s.request = false }()
	for t.Kind() == reflect.Pointer { // the whole is never null
		t = t.Elem()
	}
	return map[string]any{"application/json": map[string]any{"schema": s.of(t)}}
}

func pathParameters(path string) (list []any) {
	if strings.Contains(path, "{id}") {
		p := parameter("path", "id", "number, identifier or name", schema{"type": "string"})
		p["required"] = true
		list = append(list, p)
	}
	return list
}

func parameter(in, name, about string, form schema) map[string]any {
	return map[string]any{"in": in, "name": name, "description": about, "schema": form}
}

func tagOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// operationID is the method and the path in one word.
func operationID(o *operation) string {
	word := strings.ToLower(o.method)
	for _, part := range strings.FieldsFunc(o.path, func(r rune) bool { return strings.ContainsRune("/-{}.", r) }) {
		word += strings.ToUpper(part[:1]) + part[1:]
	}
	return word
}

var (
	anyText   = schema{"type": "string"}
	someCount = schema{"type": "integer", "minimum": 0}
)

// queryParameters are all there are, by name: one name means one thing everywhere.
var queryParameters = map[string]struct {
	about string
	form  schema
}{
	"cursor":      {"next of the page before", anyText},
	"limit":       {"items of a page", schema{"type": "integer", "minimum": 1, "maximum": view.MaxPage}},
	"name":        {"the name begins so, whatever the case of its letters", anyText},
	"identifier":  {"number or identifier of an operator", anyText},
	"state":       {"in this state", schema{"anyOf": []schema{words(reflect.TypeFor[authorisation.ApplicationState]()), words(reflect.TypeFor[authorisation.State]())}}},
	"type":        {"of this type of the programme", anyText},
	"holder":      {"of this operator, by number or identifier", anyText},
	"officer":     {"of this officer", anyText},
	"office":      {"of this office", anyText},
	"mine":        {"what the account that asks has, and what it may agree to as a second person", anyText},
	"due_before":  {"in which something is due before this instant", someCount},
	"within":      {"due within so many seconds, or overdue", someCount},
	"component":   {"these components; repeatable", anyText},
	"preset":      {"what the credential discloses", words(reflect.TypeFor[credential.Preset]())},
	"receipts":    {"none leaves the receipts out", schema{"const": "none"}},
	"profile":     {"public or border", schema{"enum": []string{bundle.ProfilePublic, bundle.ProfileBorder}}},
	"format":      {"csv or xlsx", anyText},
	"version":     {"0 is the newest", someCount},
	"at":          {"as it was then", someCount},
	"from":        {"first leaf", someCount},
	"to":          {"leaf behind the last", schema{"type": "integer"}},
	"index":       {"of a leaf", schema{"type": "integer"}},
	"size":        {"of the tree, 0 for the newest", someCount},
	"by":          {"who acts, or the partner who knew it", anyText},
	"since":       {"the first leaf that is told of; where it is not given, what is written from now on", someCount},
	"authority":   {"of the pack", anyText},
	"holidays":    {"the year whose holidays are wanted; 0 for the pack", someCount},
	"application": {"number of the application", anyText},
	"title":       {"what the file is", anyText},
	"site":        {"the site it is about", anyText},
	"criterion":   {"it is evidence of; repeatable", anyText},
	"keep_until":  {"when it may be destroyed", someCount},
	"day":         {"YYYY-MM-DD; today where it is not given", anyText},
	"operator":    {"about this operator", anyText},
	"account":     {"of this account", anyText},
	"closed":      {"true: those that were answered too", anyText},
	"dry_run":     {"true: only judge it", anyText},
}
