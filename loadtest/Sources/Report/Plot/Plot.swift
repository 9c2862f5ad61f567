/// Panels of lines over one time axis.
struct Plot: Sendable {
  /// A line of a panel; points that are not known are left out.
  struct Line: Sendable {
    let name: String
    let points: [(seconds: Double, value: Double)]
  }

  struct Panel: Sendable {
    let title: String
    let isLogarithmic: Bool
    let lines: [Line]

    init(_ title: String, isLogarithmic: Bool = false, _ lines: [Line]) {
      self.title = title
      self.isLogarithmic = isLogarithmic
      self.lines = lines
    }
  }

  let title: String
  /// What the picture shows, for those who do not see it.
  let description: String
  let panels: [Panel]
}
