// SPDX-License-Identifier: Apache-2.0
// Runs are sorted by offset, so a place is a binary search away; appending is linear in bytes and runs.
#include "seclang/mapped_text.hpp"

#include <algorithm>

namespace seclua {

MappedText::MappedText(const Text &text) : file_(text.at.file), in_text_(text.at.in_text) {
    append(text.value, text.at.line, text.at.column);
}

void MappedText::add_run(uint32_t line, uint32_t column) {
    const auto offset = static_cast<uint32_t>(bytes_.size());
    if (!runs_.empty()) {
        const Run &last = runs_.back();
        if (last.line == line && last.column + (offset - last.offset) == column) {
            return; // goes on where the last run ended
        }
        if (last.offset == offset) {
            runs_.pop_back();
        }
    }
    runs_.push_back({offset, line, column});
}

void MappedText::append(std::string_view bytes, uint32_t line, uint32_t column) {
    if (bytes.empty() && !runs_.empty()) {
        return;
    }
    add_run(line, column);
    bytes_.append(bytes);
}

// The last run that starts at or before offset.
size_t MappedText::run_of(size_t offset) const {
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                        [](size_t wanted, const Run &run) { return wanted < run.offset; });
    return after == runs_.begin() ? 0 : static_cast<size_t>(after - runs_.begin()) - 1;
}

void MappedText::append(const MappedText &from, size_t begin, size_t end) {
    if (from.runs_.empty()) {
        return;
    }
    const std::string_view bytes = from.view();
    size_t index = from.run_of(begin);
    do {
        const Run &run = from.runs_[index];
        const size_t run_end = index + 1 < from.runs_.size() ? from.runs_[index + 1].offset : bytes.size();
        const size_t stop = std::min(end, run_end);
        append(bytes.substr(begin, stop - begin), run.line, run.column + static_cast<uint32_t>(begin - run.offset));
        begin = stop;
        index++;
    } while (begin < end);
}

MappedText MappedText::piece(size_t begin, size_t end) const {
    MappedText cut(file_, in_text_);
    cut.append(*this, begin, end);
    return cut;
}

Position MappedText::at(size_t offset, size_t length) const {
    Position place;
    place.file = file_;
    place.in_text = in_text_;
    if (runs_.empty()) {
        return place;
    }
    size_t index = run_of(offset);
    const Run &first = runs_[index];
    place.line = first.line;
    place.column = first.column + static_cast<uint32_t>(offset - first.offset);

    const size_t end = std::min(offset + length, bytes_.size());
    uint32_t end_column = place.column + 1;
    for (; index < runs_.size() && runs_[index].line == place.line && runs_[index].offset < end; index++) {
        const size_t run_end = index + 1 < runs_.size() ? runs_[index + 1].offset : bytes_.size();
        end_column = runs_[index].column + static_cast<uint32_t>(std::min(end, run_end) - runs_[index].offset);
    }
    place.length = end_column > place.column ? end_column - place.column : 1;
    return place;
}

Text MappedText::text(size_t begin, size_t end) const { return text(begin, end, bytes_.substr(begin, end - begin)); }

Text MappedText::text(size_t begin, size_t end, std::string value) const {
    return {std::move(value), at(begin, end - begin)};
}

} // namespace seclua
