package secrets

import (
	"net/url"
	"strings"
)

// IsName tells whether a variable of that name is taken to be a secret, or to be
// handed on for somebody else's purpose: Terraform's TF_VAR_ may hold anything.
func IsName(name string) bool {
	name = strings.ToUpper(name)
	for _, part := range []string{
		"KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH", "VAR_", "COOKIE", "PRIVATE", "WEBHOOK", "DSN",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return strings.HasSuffix(name, "_PWD") || strings.HasSuffix(name, "_PAT")
}

// looksSecret tells by its beginning that a value is a key, whatever it is called.
func looksSecret(value string) bool {
	const shortest = 16
	if len(value) < shortest || strings.ContainsAny(value, " \t\n/") {
		return false
	}
	for _, prefix := range []string{"sk-", "hf_", "ghp_", "gho_", "github_pat_", "glpat-", "nvapi-", "xox", "AKIA", "ASIA", "AIza", "eyJ", "gsk_", "r8_"} {
		if strings.HasPrefix(value, prefix) {
			return true
		}
	}
	return false
}

// HasPassword tells whether a value is, or lists, addresses with a user or a
// password before the host.
func HasPassword(value string) bool { return len(passwords(value)) > 0 }

// passwords are what stands before the host in the addresses of a value, which may
// list several with commas, bars or spaces between them.
func passwords(value string) []string {
	var found []string
	for _, part := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",| \t\n", r) }) {
		start := strings.Index(part, "://")
		if start < 0 {
			if at := strings.LastIndexByte(part, '@'); at > 0 { // user:password@host, as some proxies are given
				if _, password, ok := strings.Cut(part[:at], ":"); ok && !strings.Contains(part[:at], "/") { // folders may have an @, too
					found = append(found, password)
				}
			}
			continue
		}
		address, err := url.Parse(part)
		if err != nil { // one that can't be read is cut by hand
			if at := strings.LastIndexByte(part, '@'); at > start {
				_, password, _ := strings.Cut(part[start+len("://"):at], ":")
				found = append(found, password)
			}
			continue
		}
		if address.User == nil {
			continue
		}
		if password, ok := address.User.Password(); ok {
			found = append(found, password)
			_, raw, _ := strings.Cut(address.User.String(), ":")
			found = append(found, raw)
		} else {
			found = append(found, address.User.Username()) // a token, as in https://TOKEN@host
		}
	}
	return found
}

// parameters are the values of an address's secret parameters, as in ?api_key=….
func parameters(value string) []string {
	address, err := url.Parse(value)
	if err != nil || address.Host == "" {
		return nil
	}
	var found []string
	for name, values := range address.Query() {
		if IsName(name) {
			found = append(found, values...)
		}
	}
	return found
}
