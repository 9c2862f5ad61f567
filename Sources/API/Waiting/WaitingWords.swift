internal import Domain

/// What the waiting page says, in one language.
struct WaitingWords: Sendable {
  /// Headline and explanation of each view that the script shows.
  struct View: Sendable {
    let headline: String
    let explanation: String
  }

  /// The names that the script and the markup know the views by.
  enum ViewName: String, CaseIterable, Sendable {
    case joining, waiting, draw, opening, admitted, free, lapsed, left, closed
  }

  /// Texts that stand in the page itself, by their names in the template.
  let page: [String: String]
  /// Texts that the script fills in; words in single braces stand for values.
  let script: [String: String]
  let views: [ViewName: View]
  /// The page of a room that is not there.
  let unknown: View
  let roomTitle: String

  static func of(_ language: Language) -> WaitingWords {
    switch language {
    case .english: english
    case .korean: korean
    }
  }

  /// The script's texts as JSON that may stand within a script element: without `<`, nothing in it
  /// can end the element.
  var json: String {
    var object = JSONObject()
    for (name, text) in script.sorted(by: { $0.key < $1.key }) { object[name] = .string(text) }
    var texts = JSONObject()
    for name in ViewName.allCases {
      let view = views[name]!
      texts[name.rawValue] = [.string(view.headline), .string(view.explanation)]
    }
    object["views"] = .object(texts)
    return String(decoding: JSONValue.object(object).json, as: UTF8.self)
      .replacing("<", with: "\\u003c")
  }
}
