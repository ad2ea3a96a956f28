package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// canary is what must not be seen in any text.
const canary = "sk-Canary+5a7f0c/91"

func TestCleanFindsDisguises(t *testing.T) {
	r := New([]string{"OPENAI_API_KEY=" + canary, "HOME=/home/me"})
	backwards := []byte(canary)
	slices.Reverse(backwards)
	encode := base64.StdEncoding.EncodeToString
	for name, text := range map[string]string{
		"as it is":            canary,
		"twice":               canary + " and " + canary,
		"another case":        strings.ToUpper(canary),
		"two lines":           canary[:7] + "\n" + canary[7:],
		"a letter a line":     strings.Join(strings.Split(canary, ""), "\r\n"),
		"spaced":              strings.Join(strings.Split(canary, ""), " "),
		"zero width":          strings.Join(strings.Split(canary, ""), "\u200b"),
		"terminal colours":    "\x1b[31m" + canary + "\x1b[0m",
		"in quotes":           fmt.Sprintf("%q", canary),
		"added up":            `"` + canary[:5] + `" + "` + canary[5:] + `"`,
		"in an address":       "https://host/?key=" + url.QueryEscape(canary),
		"hexadecimal":         hex.EncodeToString([]byte(canary)),
		"hexadecimal, spaced": fmt.Sprintf("% X", canary),
		"bytes":               fmt.Sprintf("%d", []byte(canary)),
		"backwards":           string(backwards),
		"base64":              encode([]byte(canary)),
		"base64 behind 1":     encode([]byte("x" + canary + "y")),
		"base64 behind 2":     encode([]byte("xx" + canary + "yy")),
		"base64 for names":    base64.URLEncoding.EncodeToString([]byte(canary)),
	} {
		cleaned := r.Clean("before " + text + " after")
		if !strings.HasPrefix(cleaned, "before ") || !strings.HasSuffix(cleaned, " after") || !strings.Contains(cleaned, Mask) {
			t.Errorf("%s: %q", name, cleaned)
		}
		if left := strings.ReplaceAll(cleaned, Mask, ""); len(left) > len("before  after")+len("https://host/?key=") {
			t.Errorf("%s: %q is left", name, cleaned)
		}
		if again := r.Clean(cleaned); again != cleaned {
			t.Errorf("%s: cleaned once more, %q becomes %q", name, cleaned, again)
		}
	}
}

// TestCleanLeavesTextAlone holds values that are no secrets, whatever they are
// called: text that people read must not be spoilt.
func TestCleanLeavesTextAlone(t *testing.T) {
	folder := t.TempDir()
	r := New([]string{
		"OPENAI_API_KEY=none", "LOCAL_KEY=lm-studio", "TOKENIZERS_PARALLELISM=false", "SSH_AUTH_SOCK=" + folder,
		"XAUTHORITY=" + filepath.Dir(folder), "GOAUTH=netrc", "KEYBOARD=us", "MY_TOKEN=", "PASSWORD_STORE_DIR=~/.password-store",
		"HOME=/home/somebody", "PATH=/opt/python@3.14/bin:/opt/studios@2/bin:/usr/bin", "DB_PASSWORD=redacted",
	})
	for _, text := range []string{
		"none of them, false, us, netrc", "/opt/studios", folder + "/x", "~/.password-store", "/home/somebody", "lm studio and studios",
		Mask, "LearningRate: 2e-4, GroupSize: 64", "",
	} {
		if got := r.Clean(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestNewKnowsByNameAndLook(t *testing.T) {
	for _, variable := range []string{
		"NVIDIA_API_KEY=a1b2c3d4e5", "TF_TOKEN_app=a1b2c3d4e5", "TF_VAR_anything=a1b2c3d4e5", "db_password=a1b2c3d4e5",
		"HTTPS_PROXY=http://me:a1b2c3d4e5@proxy:3128", "GOPROXY=https://a1b2c3d4e5@proxy/go,direct", "PROXY=me:a1b2c3d4e5@proxy:80", "BAD_PROXY=http://me:a1b2c3d4e5%zz@proxy",
		"OPENAI_BASE_URL=https://host/v1?api_key=a1b2c3d4e5", "PLAIN=hf_a1b2c3d4e5a1b2c3d4e5",
		"SSH_PRIVATE=-----BEGIN\na1b2c3d4e5a1b2c3d4e5\nEND", "X_AUTH=  a1b2c3d4e5 \n",
	} {
		if got := New([]string{variable}).Clean("it is a1b2c3d4e5a1b2c3d4e5, a1b2c3d4e5, a1b2c3d4e5%zz or hf_a1b2c3d4e5a1b2c3d4e5"); !strings.Contains(got, Mask) {
			t.Errorf("%s: %q", variable, got)
		}
	}
	if got := New([]string{"WORD_KEY=correcthorse"}).Clean("correcthorse, correct horse"); got != Mask+", correct horse" {
		t.Errorf("words: %q", got)
	}
}

func TestWriter(t *testing.T) {
	var text strings.Builder
	w := New([]string{"A_KEY=" + canary}).Writer(&text)
	n, err := fmt.Fprintf(w, "the key is %s\n", canary)
	if err != nil || n != len("the key is \n")+len(canary) || text.String() != "the key is "+Mask+"\n" {
		t.Errorf("%d, %v: %q", n, err, text.String())
	}
}
