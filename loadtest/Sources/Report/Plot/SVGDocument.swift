/// Writes a ``Plot`` as SVG 1.1 (https://www.w3.org/TR/SVG11/): text and lines, no script, colours for light
/// and dark surroundings.
struct SVGDocument {
  private let plot: Plot
  private var text = ""

  private static let width = 840.0
  private static let left = 64.0
  private static let right = 130.0
  private static let header = 44.0
  private static let panelHeight = 120.0
  private static let panelGap = 46.0
  private static let footer = 20.0
  /// Points of one line; longer series are averaged.
  private static let maximumPoints = 600
  /// Colours that also those tell apart who see few of them (Okabe, Ito, 2008), by line.
  private static let colours = 4

  private static let style = """
    .b{fill:#ffffff}.t{fill:#1f2328;font:600 14px sans-serif}.p{fill:#1f2328;font:600 12px sans-serif}\
    .l{fill:#59636e;font:11px sans-serif}.g{stroke:#d1d9e0;stroke-width:1}\
    polyline{fill:none;stroke-width:1.6;stroke-linejoin:round}\
    .s0{stroke:#0072b2}.s1{stroke:#b45309}.s2{stroke:#00795c}.s3{stroke:#a23b7b}\
    .n0{fill:#0072b2}.n1{fill:#b45309}.n2{fill:#00795c}.n3{fill:#a23b7b}\
    @media(prefers-color-scheme:dark){.b{fill:#0d1117}.t,.p{fill:#e6edf3}.l{fill:#9198a1}.g{stroke:#30363d}\
    .s0{stroke:#56b4e9}.s1{stroke:#e69f00}.s2{stroke:#2fc79a}.s3{stroke:#e58fc4}\
    .n0{fill:#56b4e9}.n1{fill:#e69f00}.n2{fill:#2fc79a}.n3{fill:#e58fc4}}
    """

  /// - Returns: the whole document.
  static func render(_ plot: Plot) -> String {
    var document = SVGDocument(plot: plot)
    document.write()
    return document.text
  }

  private init(plot: Plot) { self.plot = plot }

  private mutating func write() {
    let step = Self.panelHeight + Self.panelGap
    let height = Self.header + Double(plot.panels.count) * step + Self.footer
    text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(Self.width)) \(Self.number(height))" \
      width="\(Self.number(Self.width))" height="\(Self.number(height))" role="img" \
      aria-labelledby="title description">
      <title id="title">\(Self.escaped(plot.title))</title>
      <desc id="description">\(Self.escaped(plot.description))</desc>
      <style>\(Self.style)</style>
      <rect class="b" width="100%" height="100%"/>

      """
    label(plot.title, x: Self.left, y: 22, "t")
    let seconds = plot.panels.flatMap { $0.lines.flatMap { $0.points.map(\.seconds) } }
    let time = PlotAxis.linear(seconds, count: 8)
    for (index, panel) in plot.panels.enumerated() {
      write(panel, top: Self.header + Double(index) * step + 18, time)
    }
    text += "</svg>\n"
  }

  private mutating func write(_ panel: Plot.Panel, top: Double, _ time: PlotAxis) {
    let values = panel.lines.flatMap { $0.points.map(\.value) }
    let axis = panel.isLogarithmic ? PlotAxis.logarithmic(values) : PlotAxis.linear(values)
    let end = Self.width - Self.right
    func x(_ seconds: Double) -> Double { Self.left + time.place(of: seconds) * (end - Self.left) }
    func y(_ value: Double) -> Double { top + (1 - axis.place(of: value)) * Self.panelHeight }
    label(panel.title, x: Self.left, y: top - 8, "p")
    for tick in axis.ticks {
      line(x1: Self.left, y1: y(tick), x2: end, y2: y(tick))
      label(PlotAxis.label(tick), x: Self.left - 6, y: y(tick) + 4, "l", anchor: "end")
    }
    let bottom = top + Self.panelHeight
    for tick in time.ticks {
      line(x1: x(tick), y1: bottom, x2: x(tick), y2: bottom + 4)
      label("\(PlotAxis.label(tick)) s", x: x(tick), y: bottom + 15, "l", anchor: "middle")
    }
    for (index, series) in panel.lines.enumerated() {
      let points = Self.thinned(series.points)
        .map { "\(Self.number(x($0.seconds))),\(Self.number(y($0.value)))" }
      text +=
        "<polyline class=\"s\(index % Self.colours)\" points=\"\(points.joined(separator: " "))\"/>\n"
      let place = top + 12 + Double(index) * 16
      text += """
        <rect class="n\(index % Self.colours)" x="\(Self.number(end + 12))" y="\(Self.number(place - 8))" \
        width="10" height="8"/>

        """
      label(series.name, x: end + 28, y: place, "l")
    }
  }

  private mutating func line(x1: Double, y1: Double, x2: Double, y2: Double) {
    text += """
      <line class="g" x1="\(Self.number(x1))" y1="\(Self.number(y1))" x2="\(Self.number(x2))" \
      y2="\(Self.number(y2))"/>

      """
  }

  private mutating func label(
    _ words: String, x: Double, y: Double, _ kind: String, anchor: String = "start"
  ) {
    text += """
      <text class="\(kind)" x="\(Self.number(x))" y="\(Self.number(y))" text-anchor="\(anchor)">\
      \(Self.escaped(words))</text>

      """
  }

  private static func thinned(
    _ points: [(seconds: Double, value: Double)]
  ) -> [(seconds: Double, value: Double)] {
    let seconds = Trend.averaged(points.map(\.seconds), to: maximumPoints)
    let values = Trend.averaged(points.map(\.value), to: maximumPoints)
    return zip(seconds, values).map { ($0, $1) }
  }

  private static func number(_ value: Double) -> String { TextFormat.fixed(value, 1) }

  /// Text as XML takes it (XML 1.0, 2.4): no markup, and no characters that it does not know.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
