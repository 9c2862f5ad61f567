/// A text in the languages that it was written in.
public struct LocalizedTexts<Text: Sendable & Equatable>: Sendable, Equatable {
  private var texts: [Language: Text]

  public init(_ texts: [Language: Text] = [:]) {
    self.texts = texts
  }

  /// The text of exactly this language.
  public subscript(language: Language) -> Text? {
    get { texts[language] }
    set { texts[language] = newValue }
  }

  /// The languages that there are, in the order of ``Language``.
  public var languages: [Language] { Language.allCases.filter { texts[$0] != nil } }

  /// The text for a reader of `language`: that one, else English, else the first that there is.
  public func best(for language: Language) -> Text? {
    texts[language] ?? texts[.english] ?? languages.first.flatMap { texts[$0] }
  }
}

/// What a product is called and said to be in one language.
public struct ProductText: Sendable, Equatable {
  public var name: String
  /// Empty where there is none.
  public var description: String

  public init(name: String, description: String = "") {
    self.name = name
    self.description = description
  }

  /// Bounds in characters.
  public enum Bounds {
    public static let name = 1...200
    public static let description = 0...5000
  }
}
