internal import Domain
internal import EventLoop

/// The visitor's page: one answer with its style and its script in it, so that a crowd asks once.
///
/// Both are named in the content security policy by their digests; nothing else may run or load.
enum WaitingPage {
  /// The header lines of every page, each ended by CR LF.
  static let headers: String = {
    let policy = [
      "default-src 'none'", "script-src '\(source(script))'", "style-src '\(source(style))'",
      "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'",
      "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
    ]
    return """
      Content-Security-Policy: \(policy.joined(separator: "; "))\r
      Referrer-Policy: no-referrer\r
      Vary: Accept-Language\r

      """
  }()

  /// Writes the page of `room`, or the one that says that there is no such room.
  ///
  /// - Parameters:
  ///   - target: where the visitor asked to be taken; the room's own target where it did not.
  static func write(
    _ room: WaitingRoom?, in language: Language, target: WaitingTarget?, to output: ByteBuffer
  ) {
    let words = WaitingWords.of(language)
    let view = room == nil ? words.unknown : words.views[.joining]!
    let template = language == .korean ? korean : english
    let title = room.map { "\($0.name) · \(words.roomTitle)" } ?? words.roomTitle
    let target = room.map { target ?? $0.target } ?? nil
    template.write(
      [
        "title": .text(title), "name": .text(room?.name ?? words.roomTitle),
        "id": .text(room.map { "\($0.id)" } ?? ""), "target": .text(target?.text ?? ""),
        "drawn": .text(room?.draw == nil ? "" : "yes"), "headline": .text(view.headline),
        "lead": .text(view.explanation), "korean": .text(link(.korean, target)),
        "english": .text(link(.english, target)),
        "hide-draw": .markup(hidden(room?.draw == nil)),
        "hide-seed": .markup(hidden(room?.draw?.seed == nil)),
        "commitment": .text(room?.draw?.commitment ?? ""),
        "seed": .text(room?.draw?.seed ?? ""),
      ], to: output)
  }

  // MARK: Parts

  private static let style = String(decoding: PackageResources.waiting_css, as: UTF8.self)
  private static let script = String(decoding: PackageResources.waiting_js, as: UTF8.self)
  private static let english = template(.english)
  private static let korean = template(.korean)

  private static func template(_ language: Language) -> HTMLTemplate {
    let words = WaitingWords.of(language)
    var values = words.page.mapValues { HTMLTemplate.Value.text($0) }
    values["language"] = .text(language.rawValue)
    let current = HTMLTemplate.Value.markup(#" aria-current="true""#)
    values["is-korean"] = language == .korean ? current : .markup("")
    values["is-english"] = language == .english ? current : .markup("")
    values["style"] = .markup(style)
    values["script"] = .markup(script)
    values["words"] = .markup(words.json)
    return HTMLTemplate(String(decoding: PackageResources.waiting_html, as: UTF8.self))
      .filled(values)
  }

  private static func hidden(_ isHidden: Bool) -> String { isHidden ? " hidden" : "" }

  /// The same page in `language`.
  private static func link(_ language: Language, _ target: WaitingTarget?) -> String {
    let rest = target.map { "&target=\(percentEncoded($0.text))" } ?? ""
    return "?lang=\(language.rawValue)\(rest)"
  }

  /// Everything but unreserved characters (RFC 3986, section 2.3) as `%XX`.
  private static func percentEncoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      let character = Character(Unicode.Scalar(byte))
      if character.isASCII, character.isLetter || character.isNumber || "-._~".contains(character) {
        encoded.append(character)
      } else {
        encoded += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
      }
    }
    return encoded
  }

  /// The digest of an inline text as a source expression (Content Security Policy Level 3, section
  /// 2.3.1), in base 64.
  private static func source(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let digest = SHA256.digest(text.utf8)
    var encoded = ""
    for start in stride(from: 0, to: digest.count, by: 3) {
      let group = digest[start..<min(start + 3, digest.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0...group.count { encoded.append(alphabet[bits >> (18 - 6 * place) & 63]) }
      encoded += String(repeating: "=", count: 3 - group.count)
    }
    return "sha256-\(encoded)"
  }
}
