/// The tables of a run as one page of Markdown, or as JSON.
struct ScaleReport: Sendable, Encodable {
  let command: [String]
  let provenance: Provenance
  /// What else a reader has to know.
  let conditions: [String]
  let tables: [ScaleTable]

  func render() -> String {
    let line = "command: `spillway-loadtest \(command.joined(separator: " "))`"
    let preface = [line] + provenance.lines() + conditions
    var text = "# Cost by scale\n\n" + preface.map { "- \($0)\n" }.joined() + "\n"
    text += """
      Medians over the runs, each value for itself. Microseconds are CPU time a request, user and kernel together, with all that the
      ledger does for it; rates are those of a machine that has the generator on it too. Bytes behind them are what the
      loopback carried a request, both ways, with the heads of TCP/IP. Every answer was the one expected.


      """
    return text + tables.map(\.markdown).joined(separator: "\n")
  }
}
