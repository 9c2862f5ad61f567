internal import CLlhttp

extension HeadParser {
  @inline(__always)
  private static func scratch(
    of parser: UnsafeMutablePointer<llhttp_t>?
  ) -> UnsafeMutablePointer<Scratch> {
    parser!.pointee.data.assumingMemoryBound(to: Scratch.self)
  }

  @inline(__always)
  private static func offset(
    _ at: UnsafePointer<CChar>?, _ scratch: UnsafeMutablePointer<Scratch>
  ) -> Int {
    UnsafeRawPointer(at!) - scratch.pointee.base
  }

  static let onTarget: llhttp_data_cb = { parser, at, length in
    let scratch = scratch(of: parser)
    scratch.pointee.targetOffset = offset(at, scratch)
    scratch.pointee.targetLength = length
    return 0
  }

  static let onFieldName: llhttp_data_cb = { parser, at, length in
    let scratch = scratch(of: parser)
    let position = scratch.pointee.fieldCount
    guard position < scratch.pointee.fieldCapacity else {
      scratch.pointee.refusal = .headTooLarge
      return -1
    }
    let nameOffset = offset(at, scratch)
    scratch.pointee.fields[position] = HeaderField(
      nameOffset: UInt16(truncatingIfNeeded: nameOffset),
      nameLength: UInt16(truncatingIfNeeded: length), valueOffset: 0, valueLength: 0)
    scratch.pointee.fieldCount = position + 1
    let found = scratch.pointee.names._withUnsafeGuaranteedRef {
      $0.find(UnsafeRawPointer(at!), length)
    }
    if let (header, isSingle) = found {
      if isSingle, scratch.pointee.known[header] != HeaderFields.absent {
        scratch.pointee.refusal = .badRequest(.repeatedHeader)
        return -1
      }
      scratch.pointee.known[header] = UInt8(truncatingIfNeeded: position)
    }
    return 0
  }

  static let onFieldValue: llhttp_data_cb = { parser, at, length in
    let scratch = scratch(of: parser)
    let position = scratch.pointee.fieldCount - 1
    guard position >= 0 else { return -1 }
    let valueOffset = offset(at, scratch)
    // llhttp leaves white space at the end of a value in it.
    var end = length
    while end > 0 {
      let byte = scratch.pointee.base.load(fromByteOffset: valueOffset + end - 1, as: UInt8.self)
      guard byte == 0x20 || byte == 0x09 else { break }
      end -= 1
    }
    scratch.pointee.fields[position].valueOffset = UInt16(truncatingIfNeeded: valueOffset)
    scratch.pointee.fields[position].valueLength = UInt16(truncatingIfNeeded: end)
    return 0
  }

  /// Pauses, so that llhttp never sees a body: the connection frames it.
  static let onHeadComplete: llhttp_cb = { parser in
    scratch(of: parser).pointee.isComplete = true
    return Int32(HPE_PAUSED.rawValue)
  }
}
