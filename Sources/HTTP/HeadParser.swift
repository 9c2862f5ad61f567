internal import CLlhttp

/// Parses whole request heads with llhttp. One serves all connections of a loop, because a head is
/// parsed only once all of it is there (``HeadScanner``).
final class HeadParser {
  /// What the callbacks write to; plain memory, so that a callback costs no reference counting.
  struct Scratch {
    var base: UnsafeRawPointer
    var fields: UnsafeMutablePointer<HeaderField>
    var known: UnsafeMutablePointer<UInt8>
    var fieldCount = 0
    var fieldCapacity = 0
    var targetOffset = 0
    var targetLength = 0
    var isComplete = false
    var refusal: HTTPProtocolError?
    let names: Unmanaged<HeaderNameTable>
  }

  /// What a head says besides its fields.
  struct Head {
    var method: HTTPMethod
    var majorVersion: UInt8
    var minorVersion: UInt8
    var keepsAlive: Bool
    var hasContentLength: Bool
    var hasTransferEncoding: Bool
    var contentLength: UInt64
    var targetOffset: Int
    var targetLength: Int
  }

  private let parser: UnsafeMutablePointer<llhttp_t>
  private let settings: UnsafeMutablePointer<llhttp_settings_t>
  private let scratch: UnsafeMutablePointer<Scratch>
  private let names = HeaderNameTable()

  init() {
    parser = .allocate(capacity: 1)
    settings = .allocate(capacity: 1)
    scratch = .allocate(capacity: 1)
    let nowhere = HeaderFields(capacity: 1)
    scratch.initialize(
      to: Scratch(
        base: UnsafeRawPointer(nowhere.fields), fields: nowhere.fields, known: nowhere.known,
        names: .passUnretained(names)))
    llhttp_settings_init(settings)
    settings.pointee.on_url = Self.onTarget
    settings.pointee.on_header_field = Self.onFieldName
    settings.pointee.on_header_value = Self.onFieldValue
    settings.pointee.on_headers_complete = Self.onHeadComplete
    llhttp_init(parser, HTTP_REQUEST, settings)
    parser.pointee.data = UnsafeMutableRawPointer(scratch)
  }

  deinit {
    parser.deallocate()
    settings.deallocate()
    scratch.deallocate()
  }

  /// Parses `bytes`, one whole head, filling `fields`.
  func parse(
    _ bytes: UnsafeRawBufferPointer, into fields: HeaderFields
  ) -> Result<Head, HTTPProtocolError> {
    prepare(bytes, fields)
    let status = llhttp_execute(
      parser, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    fields.count = scratch.pointee.fieldCount
    defer { llhttp_reset(parser) }
    guard scratch.pointee.isComplete, status == HPE_PAUSED else {
      return .failure(scratch.pointee.refusal ?? Self.refusal(for: status))
    }
    let flags = UInt32(parser.pointee.flags)
    return .success(
      Head(
        method: HTTPMethod(rawValue: parser.pointee.method),
        majorVersion: parser.pointee.http_major,
        minorVersion: parser.pointee.http_minor,
        keepsAlive: Self.keepsAlive(flags, minorVersion: parser.pointee.http_minor),
        hasContentLength: flags & F_CONTENT_LENGTH.rawValue != 0,
        hasTransferEncoding: flags & F_TRANSFER_ENCODING.rawValue != 0,
        contentLength: parser.pointee.content_length,
        targetOffset: scratch.pointee.targetOffset,
        targetLength: scratch.pointee.targetLength))
  }

  private func prepare(_ bytes: UnsafeRawBufferPointer, _ fields: HeaderFields) {
    scratch.pointee.base = bytes.baseAddress!
    scratch.pointee.fields = fields.fields
    scratch.pointee.known = fields.known
    scratch.pointee.fieldCount = 0
    scratch.pointee.fieldCapacity = fields.capacity
    scratch.pointee.isComplete = false
    scratch.pointee.refusal = nil
    fields.known.update(repeating: HeaderFields.absent, count: Self.knownCount)
  }

  private static let knownCount = KnownHeader.allCases.count

  private static func keepsAlive(_ flags: UInt32, minorVersion: UInt8) -> Bool {
    if flags & F_CONNECTION_CLOSE.rawValue != 0 { return false }
    return minorVersion > 0 || flags & F_CONNECTION_KEEP_ALIVE.rawValue != 0
  }

  private static func refusal(for status: llhttp_errno_t) -> HTTPProtocolError {
    switch status {
    case HPE_INVALID_VERSION, HPE_PAUSED_H2_UPGRADE: .unsupportedVersion
    case HPE_INVALID_URL: .badRequest(.target)
    case HPE_INVALID_HEADER_TOKEN: .badRequest(.headerField)
    case HPE_UNEXPECTED_CONTENT_LENGTH, HPE_INVALID_CONTENT_LENGTH: .badRequest(.contentLength)
    case HPE_INVALID_TRANSFER_ENCODING: .badRequest(.transferEncoding)
    default: .badRequest(.requestLine)
    }
  }
}
