// Sorts tables of class "sort" by the heading clicked, and hides rows that a filter does not match. Without scripts the
// table is as it is.
(function () {
  'use strict';
  document.querySelectorAll('table.sort').forEach(function (table) {
    var body = table.tBodies[0];
    var heads = table.tHead.rows[0].cells;
    var value = function (row, column) {
      var text = row.cells[column] ? row.cells[column].textContent : '';
      var number = parseFloat(text);
      return { text: text, number: isNaN(number) ? -Infinity : number };
    };
    var sort = function (column) {
      var head = heads[column];
      var words = head.dataset.sort === 'text';
      var up = head.getAttribute('aria-sort') ? head.getAttribute('aria-sort') !== 'ascending' : words;
      Array.prototype.forEach.call(heads, function (h) { h.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      var rows = Array.prototype.filter.call(body.rows, function (r) { return r.cells.length === heads.length; });
      rows.sort(function (a, b) {
        var x = value(a, column), y = value(b, column);
        var order = words ? x.text.localeCompare(y.text) : x.number - y.number;
        return up ? order : -order;
      });
      Array.prototype.filter.call(body.rows, function (r) { return r.cells.length !== heads.length; }).forEach(function (r) { r.remove(); });
      rows.forEach(function (r) { body.appendChild(r); });
    };
    Array.prototype.forEach.call(heads, function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      while (head.firstChild) { button.appendChild(head.firstChild); }
      button.addEventListener('click', function () { sort(column); });
      head.appendChild(button);
    });
    var box = document.getElementById(table.dataset.filter);
    if (!box) { return; }
    var count = box.querySelector('output');
    box.hidden = false;
    box.querySelector('input').addEventListener('input', function (e) {
      var words = e.target.value.toLowerCase().split(/\s+/);
      var shown = 0;
      Array.prototype.forEach.call(body.rows, function (row) {
        var text = row.cells[0].textContent.toLowerCase();
        row.hidden = !words.every(function (w) { return text.indexOf(w) >= 0; });
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = e.target.value ? shown + ' of ' + body.rows.length : '';
    });
  });
})();
