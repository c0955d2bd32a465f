package browser

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"
	"time"
)

// Page is a page in a browser of its own: it shares no cookies with others.
type Page struct {
	t       testing.TB
	b       *Browser
	session string
}

// Page opens an address, in a window of width x height pixels, light or dark.
func (b *Browser) Page(t testing.TB, address string, width, height int, dark bool) *Page {
	t.Helper()
	p := &Page{t: t, b: b}
	var context struct{ BrowserContextID string }
	p.do("Target.createBrowserContext", nil, &context)
	var target struct{ TargetID string }
	p.do("Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": context.BrowserContextID}, &target)
	var attached struct{ SessionID string }
	p.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p.session = attached.SessionID
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	p.Go(address)
	return p
}

func (p *Page) do(method string, params, result any) {
	p.t.Helper()
	if err := p.b.call(p.session, method, params, result); err != nil {
		p.t.Fatal(err)
	}
}

// Go opens an address.
func (p *Page) Go(address string) {
	p.t.Helper()
	p.do("Page.navigate", map[string]any{"url": address}, nil)
}

// Eval is the text that an expression gives. What cannot be evaluated, as a page is being left, is empty.
func (p *Page) Eval(expression string) string {
	p.t.Helper()
	var r struct{ Result struct{ Value any } }
	if err := p.b.call(p.session, "Runtime.evaluate", map[string]any{"expression": "String(" + expression + ")", "awaitPromise": true, "returnByValue": true}, &r); err != nil {
		return ""
	}
	text, _ := r.Result.Value.(string)
	return text
}

// Wait waits until an expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if p.Eval(expression) == "true" {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s is not true; the page says\n%s", expression, p.Eval("document.body.innerText"))
		}
	}
}

// Press presses keys, by the names that events give them: "y", "Enter", "Tab", " ", "ArrowRight".
func (p *Page) Press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		event := map[string]any{"type": "keyDown", "key": key, "code": key}
		if len(key) == 1 {
			event["text"], event["code"] = key, "Key"+strings.ToUpper(key)
		}
		codes := map[string]int{"Enter": 13, "Tab": 9, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Backspace": 8}
		if code, special := codes[key]; special {
			event["windowsVirtualKeyCode"] = code
		}
		if key == "Enter" {
			event["text"] = "\r"
		}
		p.do("Input.dispatchKeyEvent", event, nil)
		event["type"] = "keyUp"
		delete(event, "text")
		p.do("Input.dispatchKeyEvent", event, nil)
	}
}

// Click clicks the middle of the first element that a selector finds, with the mouse.
func (p *Page) Click(selector string) {
	p.t.Helper()
	at := p.middle(selector)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
}

// Tap is Click with a finger.
func (p *Page) Tap(selector string) {
	p.t.Helper()
	p.do("Emulation.setTouchEmulationEnabled", map[string]any{"enabled": true}, nil)
	at := p.middle(selector)
	p.do("Input.dispatchTouchEvent", map[string]any{"type": "touchStart", "touchPoints": []map[string]any{{"x": at[0], "y": at[1]}}}, nil)
	p.do("Input.dispatchTouchEvent", map[string]any{"type": "touchEnd", "touchPoints": []map[string]any{}}, nil)
}

// middle is the middle of an element, which is scrolled into view.
func (p *Page) middle(selector string) [2]float64 {
	p.t.Helper()
	var r struct{ Result struct{ Value []float64 } }
	p.do("Runtime.evaluate", map[string]any{
		"returnByValue": true,
		"expression":    `(() => { const e = document.querySelector('` + selector + `'); e.scrollIntoView({block: "center"}); const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()`,
	}, &r)
	if len(r.Result.Value) != 2 {
		p.t.Fatalf("there is no %s on the page\n%s", selector, p.Eval("document.body.innerText"))
	}
	return [2]float64(r.Result.Value)
}

// Screenshot writes what the window shows, or the whole page, to a PNG file.
func (p *Page) Screenshot(path string, whole bool) {
	p.t.Helper()
	var r struct{ Data string }
	p.do("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}, &r)
	data, err := base64.StdEncoding.DecodeString(r.Data)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
