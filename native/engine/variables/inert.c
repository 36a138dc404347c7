/* SPDX-License-Identifier: Apache-2.0 */
/* Names that other engines know and that have no meaning here: accepted with a warning, never set. */
#include "variables/families.h"

const sl_variable sl_variables_inert[] = {
    SL_INERT_ROW("SCRIPT_FILENAME", SL_SCALAR, "the file that Apache would serve"),
    SL_INERT_ROW("SCRIPT_BASENAME", SL_SCALAR, "its last path segment"),
    SL_INERT_ROW("SCRIPT_GID", SL_SCALAR, "its group id"),
    SL_INERT_ROW("SCRIPT_GROUPNAME", SL_SCALAR, "its group"),
    SL_INERT_ROW("SCRIPT_MODE", SL_SCALAR, "its mode"),
    SL_INERT_ROW("SCRIPT_UID", SL_SCALAR, "its user id"),
    SL_INERT_ROW("SCRIPT_USERNAME", SL_SCALAR, "its owner"),
    SL_INERT_ROW("JSON", SL_COLLECTION, "the JSON body; use ARGS:json.…"),
    SL_INERT_ROW("RESPONSE_XML", SL_COLLECTION, "the XML response body"),
    {0},
};
