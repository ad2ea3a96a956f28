package cli

import (
	"strings"
	"testing"
)

// TestPaintDiff writes colours as <r>, <g>, <c>, <b>, words set off as «…».
func TestPaintDiff(t *testing.T) {
	const diff = `diff --git a/trainer/recipe.go b/trainer/recipe.go
--- a/trainer/recipe.go
+++ b/trainer/recipe.go
@@ -1,6 +1,5 @@
 // Recipe
-	LearningRate:   2e-5, // peak
-	Scale:  "absmean",
+	LearningRate: 1e-3, // peak
+	Scale: "lsq",
 	}
-// old words
--- more of them
@@ -9,1 +8,2 @@
 x
+y := math.Cos(z)
\ No newline at end of file
`
	const want = `<b>diff --git a/trainer/recipe.go b/trainer/recipe.go</>
<b>--- a/trainer/recipe.go</>
<b>+++ b/trainer/recipe.go</>
<c>@@ -1,6 +1,5 @@</>
 // Recipe
<r>-	LearningRate:   «2e-5</><r>, // peak</>
<r>-	Scale:  «"absmean</><r>",</>
<g>+	LearningRate: «1e-3</><g>, // peak</>
<g>+	Scale: «"lsq</><g>",</>
 	}
<r>-// old words</>
<r>--- more of them</>
<c>@@ -9,1 +8,2 @@</>
 x
<g>+y := math.Cos(z)</>
\ No newline at end of file
`
	codes := strings.NewReplacer("\x1b[0m", "</>", "\x1b[1m", "<b>", "\x1b[31m", "<r>", "\x1b[32m", "<g>", "\x1b[36m", "<c>", "\x1b[7m", "«")
	if got := codes.Replace(paintDiff(diff)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := paintDiff(""); got != "" {
		t.Errorf("an empty diff is shown as %q", got)
	}
}
